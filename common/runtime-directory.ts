/** The directory of sockets and the log: made where missing, refused where others could plant something in it. */
import { chmodSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { SherinError } from './errors.js';
import { localError } from './local-error.js';
import { makeDirectories } from './make-directories.js';

/** @throws SherinError RUNTIME_UNSAFE when it or the directory above it is another user's, or open to others' writes; LOCAL_FILE when it can't be made */
export function prepareRuntimeDirectory(path: string): void {
  const me = process.getuid?.() ?? 0;
  // Others must reach root's socket (its mode decides who connects), nobody needs to reach a user's.
  const mode = me === 0 ? 0o711 : 0o700;
  const isNew = lstatSync(path, { throwIfNoEntry: false }) === undefined && made(path, mode);
  const itself = lstatSync(path);
  if (!itself.isDirectory()) throw unsafe(path, 'it is no directory');
  if (itself.uid !== me) throw unsafe(path, `it belongs to uid ${itself.uid}`);
  if ((itself.mode & 0o022) !== 0) throw unsafe(path, 'others may write to it');
  const parent = lstatSync(dirname(path));
  const sticky = (parent.mode & 0o1000) !== 0;
  if (parent.uid !== 0 && parent.uid !== me) throw unsafe(path, `its parent belongs to uid ${parent.uid}`);
  if ((parent.mode & 0o022) !== 0 && !sticky) throw unsafe(path, 'others may write to its parent');
  // Whatever the umask of who is first; nobody else can have put anything in its place.
  if (isNew) chmodSync(path, mode);
}

function made(path: string, mode: number): boolean {
  try {
    return makeDirectories(path, mode).length > 0;
  } catch (error) {
    throw localError(path, error);
  }
}

function unsafe(path: string, part: string): SherinError {
  return new SherinError('RUNTIME_UNSAFE', { path, part });
}
