import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root: the nearest folder upwards that holds binding.gyp. */
function projectRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'binding.gyp'))) return folder;
    if (folder === dirname(folder)) throw new Error('binding.gyp not found above the addon loader');
  }
}

function builtAddon(name: string): string {
  const path = join(projectRoot(dirname(fileURLToPath(import.meta.url))), 'build', 'Release', `${name}.node`);
  if (!existsSync(path)) throw new Error(`${path} is missing; build it with: npm test or npm start`);
  return path;
}

/** Loads an addon that `npm run build` made. */
export function loadAddon(name: 'sherin_native' | 'sherin_ipc'): unknown {
  return createRequire(import.meta.url)(builtAddon(name));
}

/** Loads what mends fuse-native (native/fuse2/mend.cc): before it, so that its calls find the global symbols first. */
export function loadFuseNativeMend(): void {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  process.dlopen({ exports: {} }, builtAddon('sherin_fuse2'), RTLD_NOW | RTLD_GLOBAL);
}
