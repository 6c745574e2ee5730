/** What stands in a frame of the journal (FORMAT.md, "Journal"). Decoding trusts no byte. */
import { ByteReader, MalformedBytes } from '../../../common/bytes.js';
import { decodeNode, encodeSlots, type Slot, slotBytes } from '../../manifest/index-node.js';

/** Content that a file has beyond one of its versions. */
interface OfFile {
  readonly inode: number;
  /** Number of its puts before: where the manifest has more, this is of no account. */
  readonly version: number;
}

export type Entry =
  /** A change of the tree as a record of the manifest's log, without its time. */
  | { readonly type: 'mutation'; readonly number: number; readonly record: Buffer }
  /** What was written to a file so far becomes a version. */
  | ({
      readonly type: 'version';
      readonly number: number;
      /** Nanoseconds since 1970. */
      readonly time: bigint;
    } & OfFile)
  /** A file was cut to `cut` bytes, then got `length`. */
  | ({
      readonly type: 'length';
      readonly cut: number;
      readonly length: number;
      /** Time of the last write. */
      readonly written: bigint;
    } & OfFile)
  /** A slot is as it stands in cubes; `limit` bytes of it count. */
  | ({ readonly type: 'slot'; readonly index: number; readonly limit: number; readonly slot: Slot } & OfFile)
  | ({ readonly type: 'data'; readonly offset: number; readonly bytes: Buffer } & OfFile)
  /** So many slots from one on are holes. */
  | ({ readonly type: 'holes'; readonly first: number; readonly count: number } & OfFile);

/** So many entries follow that belong together: all of them count, or none. */
export interface AppendHead {
  readonly type: 'append';
  /** From 1 on, one more each time, since everything was sealed. */
  readonly number: number;
  readonly count: number;
  /** Number of the oldest segment that has anything that counted then. */
  readonly oldest: number;
  /** Number of the first change that comes after it. */
  readonly next: number;
}

const codes = { mutation: 1, version: 2, length: 3, slot: 4, data: 5, append: 6, holes: 7 } as const;
/** Bytes of a data entry beside its bytes. */
const dataHead = 1 + 8 + 8 + 8 + 4;

/** Puts entries into a buffer one behind the other; false where one does not fit any more. */
export class EntryWriter {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get length(): number {
    return this.#at;
  }

  /** Begins anew at the start of the buffer. */
  reset(): void {
    this.#at = 0;
  }

  add(entry: Entry | AppendHead): boolean {
    const { length } = this.#buffer;
    if (this.#at + sizeOf(entry) > length) return false;
    this.#u8(codes[entry.type]);
    switch (entry.type) {
      case 'mutation':
        this.#u64(entry.number);
        this.#bytes(entry.record);
        break;
      case 'version':
        this.#u64(entry.number);
        this.#file(entry);
        this.#i64(entry.time);
        break;
      case 'length':
        this.#file(entry);
        this.#u64(entry.cut);
        this.#u64(entry.length);
        this.#i64(entry.written);
        break;
      case 'slot':
        this.#file(entry);
        this.#u64(entry.index);
        this.#u32(entry.limit);
        this.#bytes(encodeSlots([entry.slot]));
        break;
      case 'data':
        this.#file(entry);
        this.#u64(entry.offset);
        this.#bytes(entry.bytes);
        break;
      case 'append':
        this.#u64(entry.number);
        this.#u32(entry.count);
        this.#u64(entry.oldest);
        this.#u64(entry.next);
        break;
      case 'holes':
        this.#file(entry);
        this.#u64(entry.first);
        this.#u64(entry.count);
        break;
    }
    return true;
  }

  #u8(value: number): void {
    this.#at = this.#buffer.writeUInt8(value, this.#at);
  }
  #u32(value: number): void {
    this.#at = this.#buffer.writeUInt32LE(value, this.#at);
  }
  #u64(value: number): void {
    this.#at = this.#buffer.writeBigUInt64LE(BigInt(value), this.#at);
  }
  #i64(value: bigint): void {
    this.#at = this.#buffer.writeBigInt64LE(value, this.#at);
  }
  #file({ inode, version }: OfFile): void {
    this.#u64(inode);
    this.#u64(version);
  }
  #bytes(bytes: Buffer): void {
    this.#u32(bytes.length);
    this.#at += bytes.copy(this.#buffer, this.#at);
  }
}

function sizeOf(entry: Entry | AppendHead): number {
  switch (entry.type) {
    case 'mutation':
      return 1 + 8 + 4 + entry.record.length;
    case 'version':
      return 1 + 8 + 16 + 8;
    case 'length':
      return 1 + 16 + 24;
    case 'slot':
      return 1 + 16 + 8 + 4 + 4 + encodeSlots([entry.slot]).length;
    case 'data':
      return dataHead + entry.bytes.length;
    case 'append':
      return 1 + 8 + 4 + 8 + 8;
    case 'holes':
      return 1 + 16 + 16;
  }
}

/** The entries of a frame; the bytes of data are views of it. @throws MalformedBytes */
export function* readEntries(frame: Buffer): Iterable<Entry | AppendHead> {
  const input = new ByteReader(frame);
  while (input.left > 0) yield readEntry(input);
}

function readEntry(input: ByteReader): Entry | AppendHead {
  const code = input.u8();
  const file = (): OfFile => ({ inode: input.u64(), version: input.u64() });
  switch (code) {
    case codes.mutation:
      return { type: 'mutation', number: input.u64(), record: bytesOf(input) };
    case codes.version:
      return { type: 'version', number: input.u64(), ...file(), time: input.i64n() };
    case codes.length:
      return { type: 'length', ...file(), ...lengthsOf(input), written: input.i64n() };
    case codes.slot:
      return { type: 'slot', ...file(), index: input.u64(), ...slotOf(input) };
    case codes.data:
      return { type: 'data', ...file(), ...dataOf(input) };
    case codes.append:
      return {
        ...{ type: 'append', number: input.u64(), count: input.u32() },
        ...{ oldest: input.u64(), next: input.u64() },
      };
    case codes.holes:
      return { type: 'holes', ...file(), first: input.u64(), count: input.u64() };
    default:
      throw new MalformedBytes(`journal entry ${code}`);
  }
}

function bytesOf(input: ByteReader): Buffer {
  const bytes = input.bytes(input.u32());
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function lengthsOf(input: ByteReader): { readonly cut: number; readonly length: number } {
  const cut = input.u64();
  const length = input.u64();
  if (cut > length) throw new MalformedBytes('a file cut behind its end');
  return { cut, length };
}

function slotOf(input: ByteReader): { readonly limit: number; readonly slot: Slot } {
  const limit = input.u32();
  const node = decodeNode(bytesOf(input));
  const [slot] = node.kind === 'slots' ? node.entries : [];
  if (slot === undefined || node.entries.length !== 1) throw new MalformedBytes('not one slot');
  if (limit < 1 || limit > slotBytes) throw new MalformedBytes(`${limit} bytes of a slot`);
  return { limit, slot };
}

function dataOf(input: ByteReader): { readonly offset: number; readonly bytes: Buffer } {
  const offset = input.u64();
  const bytes = bytesOf(input);
  if (!Number.isSafeInteger(offset + bytes.length)) throw new MalformedBytes('data behind the largest file');
  return { offset, bytes };
}
