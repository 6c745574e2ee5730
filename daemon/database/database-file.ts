/** The file of the database, before SQLite touches it: it is there, it is ours, and nothing beside it leads elsewhere. */
import { closeSync, constants, fsyncSync, lstatSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** Why the file can't be used, in words. */
export class UnsafeFile extends Error {}

export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/**
 * A link or a second name would have SQLite write elsewhere; a rollback journal can name any file that it then deletes, and in WAL mode there is none.
 * @throws UnsafeFile
 */
export function requireSafeFile(path: string): void {
  for (const name of [path, `${path}-wal`]) {
    const facts = lstatSync(name, { throwIfNoEntry: false });
    if (facts === undefined) continue;
    const which = name === path ? 'it' : 'its write-ahead log';
    if (!facts.isFile()) throw new UnsafeFile(`${which} is not an ordinary file`);
    if (facts.nlink > 1) throw new UnsafeFile(`${which} has a second name (a hard link)`);
    if (facts.uid !== process.getuid?.()) throw new UnsafeFile(`${which} belongs to uid ${facts.uid}`);
    if ((facts.mode & 0o077) !== 0) throw new UnsafeFile(`others may read or write ${which}`);
  }
  if (isThere(`${path}-journal`)) throw new UnsafeFile('a journal is beside it, which sherind never makes');
}

/** Makes a file, mode 0600, by `fill` under another name, so that after a crash it is whole or not there; what a crash has left goes. */
export function makeWhole(path: string, fill: (path: string) => void): void {
  const draft = `${path}.new`;
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${draft}${suffix}`, { force: true });
  closeSync(openSync(draft, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600));
  fill(draft);
  renameSync(draft, path);
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
