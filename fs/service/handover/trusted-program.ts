import { readdir, realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SherinError } from '../../../common/errors.js';
import { projectRoot } from '../../../common/project.js';

/** Group and others; and that in a directory only who has made something may take it away. */
const writableByOthers = 0o022;
const sticky = 0o1000;

/**
 * All of a program gets the keys: what its first file loads beside itself, the addons, and the packages that this process has loaded.
 * @throws SherinError UPGRADE_REFUSED, as {@link requireTrusted} for each
 */
export async function requireTrustedProgram(program: string): Promise<void> {
  await requireTrusted(program);
  const beside = await filesIn(dirname(await realpath(program)));
  const addons = await filesIn(join(projectRoot, 'build', 'Release'));
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  const files = new Set([...beside, ...addons, ...loaded]);
  for (const file of [...files]) for (const path of manifestsAbove(file)) files.add(path);
  // What this process has loaded, and the newer one has no more, that does not load.
  for (const path of files) if (await isThere(path)) await requireTrusted(path);
}

/** Where Node looks which file a package is. */
function* manifestsAbove(file: string): Generator<string> {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder))
    yield join(folder, 'package.json');
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => join(folder, name));
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/**
 * Nobody but us and root may change it, nor put something else in its place, in any folder up to the root (as StrictModes of sshd(8)
 * has it, but for directories with the sticky bit). @throws SherinError UPGRADE_REFUSED
 */
export async function requireTrusted(file: string): Promise<void> {
  const real = await realpath(file).catch(() => file);
  for (let path = real; ; path = dirname(path)) {
    const facts = await stat(path).catch(() => null);
    if (facts === null) throw new SherinError('UPGRADE_REFUSED', { part: `${path} is missing` });
    const ours = facts.uid === 0 || facts.uid === process.geteuid?.();
    const shared = (facts.mode & writableByOthers) !== 0;
    // What is in such a directory is ours, as was seen just now.
    const kept = facts.isDirectory() && (facts.mode & sticky) !== 0;
    if (!ours || (shared && !kept))
      throw new SherinError('UPGRADE_REFUSED', { part: `others may change ${path}` });
    if (path === dirname(path)) return;
  }
}
