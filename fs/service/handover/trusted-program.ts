import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SherinError } from '../../../common/errors.js';

/** Group and others; and that in a directory only who has made something may take it away. */
const writableByOthers = 0o022;
const sticky = 0o1000;

/**
 * It gets the keys: nobody but us and root may change it, nor put something else in its place, in any folder up to the root (as StrictModes of sshd(8)
 * has it, but for directories with the sticky bit). @throws SherinError UPGRADE_REFUSED
 */
export async function requireTrusted(program: string): Promise<void> {
  const real = await realpath(program).catch(() => program);
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
