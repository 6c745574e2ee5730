/** A request as an object of the vault: an ID as it is, a text by way of `inbox/` at the mount. */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { SherinError, systemCode } from '../../common/errors.js';
import { asSherinId } from '../../common/ids.js';
import { localError } from '../../common/local-error.js';
import { readAtMost } from '../../common/read-at-most.js';
import type { DaemonClient } from '../../daemon/client/daemon-client.js';
import { vaultPath } from '../vault-path.js';

/** What is larger is better put into the vault as a file, and given by its ID. */
const mostTextBytes = 64 * 1024 ** 2;

/**
 * @param words an ID, a text, or `-` for what stands on stdin
 * @returns the Sherin ID, which is all of it that goes to sherind
 * @throws SherinError LOCAL_FILE where the mount is not there; USAGE for an empty request; LOCKED, FROZEN
 */
export async function requestId(client: DaemonClient, mount: string, words: string): Promise<string> {
  if (isId(words)) return words;
  const text = words === '-' ? readAtMost(0, mostTextBytes) : Buffer.from(words);
  if (text.length === 0) throw new SherinError('USAGE', { what: 'the request is empty' });
  const inode = await stored(client, join(mount, 'inbox', `request-${randomBytes(8).toString('hex')}`), text);
  const { id } = await client.call('file.resolve', { inode });
  if (id === null) throw new SherinError('IO', { what: 'storing the request', part: 'it has no ID' });
  return id;
}

/**
 * The ID of an object that is there already.
 * @param target an ID, or a path of the user's tree @throws SherinError LOCAL_FILE where the mount does not show it
 */
export async function inputId(client: DaemonClient, where: Places, target: string): Promise<string> {
  if (isId(target)) return target;
  const path = join(where.mount, vaultPath(target, where));
  const { id } = await client.call('file.resolve', { inode: inodeOf(path) });
  if (id === null) throw new SherinError('USAGE', { what: `${target} has no content` });
  return id;
}

function inodeOf(path: string): number {
  try {
    return statSync(path).ino;
  } catch (error) {
    throw localError(path, error);
  }
}

function isId(words: string): boolean {
  try {
    asSherinId(words);
    return true;
  } catch {
    return false;
  }
}

/** As {@link store}; a mount that refuses says only that it does. @throws SherinError LOCKED, FROZEN */
async function stored(client: DaemonClient, path: string, text: Buffer): Promise<number> {
  try {
    return store(path, text);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EACCES' && (await client.call('system.status')).vault?.state === 'locked')
      throw new SherinError('LOCKED');
    if (code === 'EROFS' && (await client.call('policy.get')).stop === 'freeze')
      throw new SherinError('FROZEN');
    throw localError(path, error);
  }
}

/** On disk when it returns. @returns its inode number */
function store(path: string, text: Buffer): number {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
    return fstatSync(file).ino;
  } finally {
    closeSync(file);
  }
}
