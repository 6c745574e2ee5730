import { describe, expect, it } from 'vitest';
import { givenTimes, spaceWords, statWords } from './wire.js';

const stat = {
  ino: 5,
  kind: 'file',
  mode: 0o4755,
  nlink: 3,
  uid: 4_294_967_294,
  gid: 6,
  size: 2 ** 40 + 7,
} as const;

describe('words for libfuse', () => {
  it('carry a stat', () => {
    const times = { atime: -2n, mtime: 4_102_444_800_123_456_789n, ctime: 1_999_999n };
    const words = [...statWords({ ...stat, ...times })];
    expect(words.slice(0, 5)).toEqual([0o104755, 4_294_967_294, 6, 7, 256]);
    expect(words.slice(6, 8)).toEqual([3, 5]);
    expect((words[10] ?? 0) + (words[11] ?? 0) * 2 ** 32).toBe(Math.ceil(stat.size / 512));
    expect(words.slice(12, 14)).toEqual([2 ** 32 - 2, 2 ** 32 - 1]);
    expect(BigInt(words[14] ?? 0) + (BigInt(words[15] ?? 0) << 32n)).toBe(times.mtime);
    expect(words.slice(16)).toEqual([1_999_999, 0]);
  });

  it('count no block for holes', () => {
    const times = { atime: 0n, mtime: 0n, ctime: 0n };
    const words = statWords({ ...stat, ...times, stored: 4097 });
    expect([...words.slice(10, 12)]).toEqual([9, 0]);
  });

  it('are read as the times of utimensat', () => {
    const value = Buffer.alloc(32);
    for (const [at, number] of [-2n, 999_999_999n, 5n, (1n << 30n) - 1n].entries()) {
      value.writeBigInt64LE(number, at * 8);
    }
    expect(givenTimes(value)).toEqual({ atime: -1_000_000_001n, mtime: 'now' });
    value.writeBigInt64LE((1n << 30n) - 2n, 8);
    expect(givenTimes(value)).toEqual({ mtime: 'now' });
  });

  it('enlarge blocks until their number fits', () => {
    const space = {
      blockSize: 4096,
      blocks: 2 ** 40,
      free: 2 ** 39,
      available: 2 ** 38,
      files: 2 ** 40,
      nameMax: 255,
    };
    const [bsize = 0, , blocks = 0, free = 0, available = 0, files] = spaceWords(space);
    expect(blocks).toBeLessThan(2 ** 32);
    expect([blocks * bsize, free * bsize, available * bsize]).toEqual([2 ** 52, 2 ** 51, 2 ** 50]);
    expect(files).toBe(2 ** 32 - 1);
  });
});
