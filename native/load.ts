import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../common/project.js';

function builtAddon(name: string): string {
  const path = join(projectRoot, 'build', 'Release', `${name}.node`);
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
