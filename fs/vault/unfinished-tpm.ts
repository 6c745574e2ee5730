/**
 * The state of a software TPM that an init has left which was killed: it stands outside of the vault, and goes with the next init in the
 * same directory. `init.tmp` in the directory names the vault, `init.tmp` in the state the directory. Both have to say so: what stands in
 * a directory anybody may have written, and every other state is a vault's, or of an init that is at work elsewhere.
 */
import { readFile, realpath, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initMark } from '../../common/unfinished-vault.js';
import { syncDirectory } from '../disk/durable.js';
import { openUntrusted, readBounded } from '../disk/untrusted.js';
import type { VaultDirectory } from './directory.js';
import { endOrphan } from './orphan-tpm.js';

const uuidLength = 36;
const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Before anything else is in the directory, so that it is known for what it is if this process is killed. */
export async function markDirectory(directory: VaultDirectory, uuid: string): Promise<void> {
  await writeFile(directory.inside(initMark), uuid, { flag: 'wx', mode: 0o600, flush: true });
  await syncDirectory(directory.inside());
}

/** Before a TPM is in the state. @param vault directory that it is made for, without links */
export async function markState(stateDir: string, vault: string): Promise<void> {
  await writeFile(join(stateDir, initMark), vault, { mode: 0o600 });
}

/** From here on it is a vault's. */
export async function unmarkState(stateDir: string): Promise<void> {
  await rm(join(stateDir, initMark), { force: true });
}

/** Removes what the init has left whose mark is in a directory that is locked. @param tpmState parent of the states */
export async function removeLeftState(directory: VaultDirectory, tpmState: string): Promise<void> {
  const uuid = await markedVault(directory);
  if (uuid === null) return;
  const state = join(tpmState, uuid);
  // Killed before the state had its mark.
  if (await isGone(state)) return;
  const owner = await readFile(join(state, initMark), 'utf8').catch(() => null);
  if (owner !== (await realpath(directory.inside()))) return;
  await endOrphan(state);
  await rm(state, { recursive: true });
}

/** Tries to remove a directory that has nothing in it: no vault's state is empty. */
function isGone(state: string): Promise<boolean> {
  return rmdir(state).then(
    () => true,
    () => false,
  );
}

/** Null for a mark that is none, or of an init before it had written it. */
async function markedVault(directory: VaultDirectory): Promise<string | null> {
  const file = await openUntrusted(directory.inside(initMark)).catch(() => null);
  if (file === null) return null;
  try {
    if (!(await file.stat()).isFile()) return null;
    const text = (await readBounded(file, uuidLength + 1)).toString('latin1');
    return uuidForm.test(text) ? text : null;
  } finally {
    await file.close();
  }
}
