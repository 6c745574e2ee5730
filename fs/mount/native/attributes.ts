/** Attributes, directory entries and space as the addon takes them (native/fuse-session.ts). */
import { attributeFields, packedEntryBytes } from '../../../native/index.js';
import type { InodeKind } from '../../manifest/records.js';
import type { NodeStat } from '../node.js';
import type { Space } from '../source.js';

export const typeBits: Readonly<Record<InodeKind, number>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  fifo: 0o010000,
  socket: 0o140000,
};

const second = 1_000_000_000n;

export interface Lifetimes {
  /** Seconds for which the kernel may keep attributes and the name. */
  readonly attributes: number;
  readonly name: number;
}

/** One array for all answers: the addon reads it before the call returns. */
const numbers = new Float64Array(attributeFields);

function setTime(target: Float64Array, at: number, nanoseconds: bigint): void {
  const seconds = nanoseconds >= 0n ? nanoseconds / second : (nanoseconds - second + 1n) / second;
  target[at] = Number(seconds);
  target[at + 1] = Number(nanoseconds - seconds * second);
}

/** Valid until the next call. */
export function attributesOf(node: number, stat: NodeStat, lifetimes: Lifetimes): Float64Array {
  numbers[0] = node;
  numbers[1] = stat.ino;
  numbers[2] = typeBits[stat.kind] | stat.mode;
  numbers[3] = stat.nlink;
  numbers[4] = stat.uid;
  numbers[5] = stat.gid;
  numbers[6] = stat.size;
  setTime(numbers, 7, stat.atime);
  setTime(numbers, 9, stat.mtime);
  setTime(numbers, 11, stat.ctime);
  numbers[13] = lifetimes.attributes;
  numbers[14] = lifetimes.name;
  numbers[15] = stat.bare ? 1 : 0;
  numbers[16] = stat.stored ?? stat.size;
  return numbers;
}

/** The answer that a name is not there, which the kernel keeps. Valid until the next call. */
export function absentFor(seconds: number): Float64Array {
  numbers.fill(0);
  numbers[14] = seconds;
  return numbers;
}

/** What a listing says of an entry that was not looked up: inode number and kind. */
export function entryOnly(ino: number, kind: InodeKind): Float64Array {
  numbers.fill(0);
  numbers[1] = ino;
  numbers[2] = typeBits[kind];
  return numbers;
}

/** Bytes of an entry in the kernel's own form: fuse_dirent has 24 and the name, fuse_direntplus 128 more (linux/fuse.h). */
export function kernelEntryBytes(nameLength: number, plus: boolean): number {
  return Math.ceil((24 + nameLength) / 8) * 8 + (plus ? 128 : 0);
}

/** Collects packed entries, one listing after another in the same memory: the addon reads it before the call returns. */
export class EntryPacker {
  #numbers = new Float64Array(0);
  #bytes = Buffer.alloc(0);
  /** Numbers that are used. */
  #used = 0;

  /** Begins anew. `size`: bytes of the kernel's own form that will fit. */
  begin(size: number): void {
    this.#used = 0;
    // A packed entry is less than six times as long as the kernel's own, where that is shortest.
    const room = Math.ceil((size * 6 + packedEntryBytes + 264) / 8);
    if (this.#numbers.length >= room) return;
    this.#numbers = new Float64Array(room);
    this.#bytes = Buffer.from(this.#numbers.buffer);
  }

  /** `next`: where a reader goes on behind this entry. */
  add(name: Buffer, attributes: Float64Array, next: number): void {
    const numbers = this.#numbers;
    let at = this.#used;
    for (const value of attributes) numbers[at++] = value;
    numbers[at++] = next;
    numbers[at++] = name.length;
    this.#used = at + Math.ceil((name.length + 1) / 8);
    // Zeros behind the name end it.
    numbers[this.#used - 1] = 0;
    this.#bytes.set(name, at * 8);
  }

  get packed(): Buffer {
    return this.#bytes.subarray(0, this.#used * 8);
  }
}

/** As FuseSession.answerSpace takes it. */
export function spaceNumbers(space: Space): Float64Array {
  const { blockSize, blocks, free, available, files, nameMax } = space;
  return Float64Array.of(blockSize, blocks, free, available, files, nameMax);
}
