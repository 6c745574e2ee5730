/** The number arrays in which fuse-native takes stat and statvfs. */
import type { InodeKind } from '../../manifest/records.js';
import type { AttributeChange } from '../changes/inode-attributes.js';
import { foldInode } from '../inode-numbers.js';
import type { DirectoryEntry, NodeStat } from '../node.js';
import type { Space } from '../source.js';

const typeBits: Readonly<Record<InodeKind, number>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  fifo: 0o010000,
  socket: 0o140000,
};

const word = 2 ** 32;
const second = 1_000_000_000n;
/** UTIME_NOW and UTIME_OMIT in place of nanoseconds. */
const now = 2n ** 30n - 1n;
const omit = 2n ** 30n - 2n;
/** What programs are told to read at once: the largest request. */
const blockSize = 131_072;

function setWide(words: Uint32Array, at: number, value: number): void {
  words[at] = value % word;
  words[at + 1] = Math.floor(value / word);
}

/** mode uid gid size(2) dev nlink ino rdev blksize blocks(2) atime(2) mtime(2) ctime(2); times in nanoseconds for native/fuse2/operations.cc */
export function statWords(stat: NodeStat): Uint32Array {
  const words = new Uint32Array(18);
  words[0] = typeBits[stat.kind] | stat.mode;
  words[1] = stat.uid;
  words[2] = stat.gid;
  setWide(words, 3, stat.size);
  words[6] = stat.nlink;
  words[7] = foldInode(stat.ino);
  words[9] = blockSize;
  setWide(words, 10, Math.ceil((stat.stored ?? stat.size) / 512));
  words.set(new Uint32Array(BigInt64Array.of(stat.atime, stat.mtime, stat.ctime).buffer), 12);
  return words;
}

/** What readdir uses of a stat: type and inode number. */
export function entryWords(entry: Omit<DirectoryEntry, 'name'>): Uint32Array {
  const words = new Uint32Array(18);
  words[0] = typeBits[entry.kind];
  words[7] = foldInode(entry.ino);
  return words;
}

/** Times of utimensat(2): of the access, then of the modification. */
export function givenTimes(value: Buffer): Pick<AttributeChange, 'atime' | 'mtime'> {
  const atime = givenTime(value, 0);
  const mtime = givenTime(value, 16);
  return { ...(atime !== undefined && { atime }), ...(mtime !== undefined && { mtime }) };
}

/** Undefined: it stays. */
function givenTime(value: Buffer, at: number): bigint | 'now' | undefined {
  const nanoseconds = value.readBigInt64LE(at + 8);
  if (nanoseconds === omit) return undefined;
  return nanoseconds === now ? 'now' : value.readBigInt64LE(at) * second + nanoseconds;
}

/** bsize frsize blocks bfree bavail files ffree favail fsid flag namemax; blocks grow until their count fits 32 bits. */
export function spaceWords(space: Space): Uint32Array {
  let scale = 1;
  while (space.blocks / scale >= word) scale *= 2;
  const words = new Uint32Array(11);
  words[0] = space.blockSize * scale;
  words[1] = space.blockSize * scale;
  words[2] = Math.floor(space.blocks / scale);
  words[3] = Math.floor(space.free / scale);
  words[4] = Math.floor(space.available / scale);
  words[5] = Math.min(space.files, word - 1);
  words[10] = space.nameMax;
  return words;
}
