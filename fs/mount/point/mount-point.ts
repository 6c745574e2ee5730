/** The directory to mount at: what must hold before, and clearing what a killed process left there. */
import { access, constants, readdir, readFile, realpath, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SherinError } from '../../../common/errors.js';
import { within } from '../within.js';
import { fusermount } from './fusermount.js';
import { type MountEntry, mountsAt } from './mount-table.js';

export const fileSystemType = 'fuse.sherin';
/** A mount whose server lives answers long before; one that hangs is in use all the same. */
const patience = 2_000;

function used(path: string, part: string): SherinError {
  return new SherinError('MOUNT_USED', { path, part });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** The path with links resolved; its last part may be a dead mount, which can't be resolved. */
async function resolved(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw used(path, 'it does not exist');
    if (codeOf(error) === 'ENOTDIR') throw used(path, 'it is not a directory');
    return join(await realpath(dirname(path)), basename(path));
  }
}

/** statfs(2) always asks the server; the answer of a stat(2) may be what the kernel keeps of one that died. */
async function isDead(path: string): Promise<boolean> {
  const code = await within(
    statfs(path).then(() => '', codeOf),
    patience,
  );
  return code === 'ENOTCONN' || code === 'ECONNABORTED';
}

async function clear(path: string, top: MountEntry): Promise<void> {
  if (top.type !== fileSystemType) throw used(path, `a file system of type ${top.type} is mounted there`);
  if (!(await isDead(path))) throw used(path, 'a vault is mounted there already');
  const refusal = await fusermount(path, { lazy: true });
  if (refusal !== null) throw used(path, `a dead mount is in the way and stays: ${refusal}`);
}

/**
 * Makes sure that a mount can be made at `path`, after clearing a dead one of ours, and returns the path without links.
 * @throws SherinError MOUNT_USED when it is missing, no directory, not empty or mounted; TOOL_MISSING
 */
export async function prepareMountPoint(path: string): Promise<string> {
  const real = await resolved(path);
  const top = (await mountsAt(real)).at(-1);
  if (top !== undefined) await clear(real, top);
  const info = await stat(real);
  if (!info.isDirectory()) throw used(path, 'it is not a directory');
  const entries = await readdir(real);
  if (entries.length > 0)
    throw used(path, 'it is not empty, and what it holds is in the clear and not in the vault: move it away');
  return real;
}

/** @throws SherinError TOOL_MISSING without the kernel's side of FUSE */
export async function checkDevice(): Promise<void> {
  try {
    await access('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch (error) {
    throw new SherinError('TOOL_MISSING', { tool: '/dev/fuse', package: 'fuse3' }, { cause: error });
  }
}

/** @throws SherinError MOUNT_USED when fusermount would refuse `allow_other` to this user */
export async function checkAllowOther(path: string): Promise<void> {
  if (process.geteuid?.() === 0) return;
  const text = await readFile('/etc/fuse.conf', 'utf8').catch(() => '');
  if (/^\s*user_allow_other\s*$/m.test(text)) return;
  throw used(path, 'opening it to others needs the line user_allow_other in /etc/fuse.conf');
}
