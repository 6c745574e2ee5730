/** An encrypted SQLite file, with its write-ahead log, as a plain database in memory. */
import { join } from './bytes.js';
import { decryptPage, pageSizeOf } from './page-cipher.js';
import { must, Refused } from './refused.js';
import { readWal } from './wal.js';

/** The page that holds SQLite's locks (byte 2^30) is never written. */
const lockByte = 2 ** 30;

/** The key that page 1 authenticates under; the first where it does under none. */
export function keyOfDatabase(keys: readonly Uint8Array[], file: Uint8Array): Uint8Array {
  const page = file.slice(0, pageSizeOf(file));
  const opens = (key: Uint8Array): boolean => {
    try {
      decryptPage(key, 1, page);
      return true;
    } catch (error) {
      if (error instanceof Refused) return false;
      throw error;
    }
  };
  const key = keys.find(opens) ?? keys[0];
  must(key !== undefined, 'a key of the database');
  return key;
}

/** @throws Refused malformed, tag */
export function decryptDatabase(key: Uint8Array, file: Uint8Array, wal: Uint8Array): Uint8Array {
  const pageSize = pageSizeOf(file);
  const newer = readWal(wal, pageSize);
  const count = newer?.count ?? Math.floor(file.length / pageSize);
  const pages: Uint8Array[] = [];
  for (let number = 1; number <= count; number++) {
    const at = (number - 1) * pageSize;
    const page = newer?.pages.get(number) ?? file.slice(at, at + pageSize);
    must(page.length === pageSize, 'the database ends within a page');
    pages.push(at === lockByte ? page : decryptPage(key, number, page));
  }
  const plain = join(...pages);
  // Format versions 1: the copy in memory has no write-ahead log (SQLite file format, section 1.3.3).
  plain.set([1, 1], 18);
  return plain;
}
