/** A copy of manifest.db under another key: pages are encrypted anew in the copy, so that a crash leaves the database as it was. */
import { closeSync, constants, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { copyDatabase } from './copy-database.js';

/** `raw:` ‖ 32 bytes: the key itself, no derivation (sqlite3mcExtractRawKey), and no key in an SQL string. */
export function rawKey(key: Buffer): Buffer {
  if (key.length !== 32) throw new RangeError('the manifest key has 32 bytes');
  return Buffer.concat([Buffer.from('raw:', 'ascii'), key]);
}

/** Durable when it resolves; nobody may write to the database meanwhile. @throws SherinError NO_SPACE, IO, DISK_READ; SqliteError */
export async function copyUnderKey(
  from: string,
  to: string,
  keys: { readonly old: Buffer; readonly fresh: Buffer },
): Promise<void> {
  await copyDatabase(from, to);
  const db = new Database(to, { fileMustExist: true, timeout: 0 });
  const [old, fresh] = [rawKey(keys.old), rawKey(keys.fresh)];
  try {
    db.pragma("cipher = 'chacha20'");
    db.key(old);
    // What fails is made again from the database: there is nothing to roll back.
    for (const setting of [
      'locking_mode = EXCLUSIVE',
      'journal_mode = MEMORY',
      'synchronous = OFF',
      'temp_store = MEMORY',
    ])
      db.pragma(setting);
    db.rekey(fresh);
    // As the database is: to change its mode once it is in its place would take a rollback journal, with which it does not open after a crash.
    db.pragma('journal_mode = WAL');
  } finally {
    db.close();
    old.fill(0);
    fresh.fill(0);
  }
  sync(to, constants.O_NOFOLLOW);
}

/** Gives it the place of the database, which nobody has open; durable on return. */
export function takePlace(of: string, copy: string): void {
  renameSync(copy, of);
  sync(dirname(of), constants.O_DIRECTORY);
}

function sync(path: string, flags: number): void {
  const fd = openSync(path, constants.O_RDONLY | flags);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
