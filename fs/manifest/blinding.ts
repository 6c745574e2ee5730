/** The random bytes of put and layout records, drawn many at a time: a call into the generator for 16 bytes costs more than hashing a record. */
import { randomFillSync } from 'node:crypto';

const bytes = 16;
const pool = Buffer.alloc(bytes * 256);
let used = pool.length;

/** 16 random bytes that were not given out before. */
export function blinding(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const drawn = Buffer.from(pool.subarray(used, used + bytes));
  pool.fill(0, used, used + bytes);
  used += bytes;
  return drawn;
}
