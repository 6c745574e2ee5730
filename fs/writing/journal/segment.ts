/** A file of the journal: a head, then frames one behind the other, each bound to the one before (FORMAT.md, "Journal"). */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, readSync, writeSync } from 'node:fs';
import type { Keyring } from '../../../native/index.js';
import { system } from '../../../native/index.js';

export const frameLimit = 1024 * 1024;
const headBytes = 64;
const tagBytes = 16;
const lengthBytes = 4;
const magic = Buffer.from('SHERIN:J');
const firstTag = Buffer.alloc(tagBytes);
/** A larger file is none of ours. */
const largestSegment = 1024 * 1024 * 1024;

export function segmentPath(number: number): Buffer {
  return Buffer.from(`journal/${String(number).padStart(8, '0')}.journal`);
}

/** Where the next frame goes and what it is bound to. */
interface Chain {
  readonly head: Buffer;
  readonly salt: Buffer;
  readonly segment: number;
  index: number;
  previous: Buffer;
}

function headOf(number: number, salt: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  magic.copy(head);
  head.writeUInt16LE(1, 8);
  head.writeUInt16LE(1, 10);
  head.writeBigUInt64LE(BigInt(number), 16);
  salt.copy(head, 24);
  return head;
}

/** What a frame of `length` bytes authenticates beside them. */
function aadOf(chain: Chain, length: number): Buffer {
  const aad = Buffer.alloc(headBytes + lengthBytes + tagBytes);
  chain.head.copy(aad);
  aad.writeUInt32LE(length, headBytes);
  chain.previous.copy(aad, headBytes + lengthBytes);
  return aad;
}

/** Bytes that a frame of `length` bytes takes. */
export function frameBytes(length: number): number {
  return lengthBytes + length + tagBytes;
}

/** Takes frames; its space on the disk is set aside, so that writing one changes nothing but bytes. */
export class SegmentWriter {
  readonly number: number;
  readonly #fd: number;
  readonly #keyring: Keyring;
  readonly #capacity: number;
  readonly #chain: Chain;
  #at = headBytes;

  private constructor(fd: number, number: number, salt: Buffer, keyring: Keyring, capacity: number) {
    this.number = number;
    this.#fd = fd;
    this.#keyring = keyring;
    this.#capacity = capacity;
    this.#chain = { head: headOf(number, salt), salt, segment: number, index: 0, previous: firstTag };
  }

  /** Makes the file, zeros up to its capacity, durable with its name. @throws NativeError, ErrnoException ENOSPC, EIO; it may be there then */
  static async create(
    vaultFd: number,
    number: number,
    keyring: Keyring,
    room: number,
  ): Promise<SegmentWriter> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const fd = system.openBeneath(vaultFd, segmentPath(number), flags, 0o600);
    const capacity = headBytes + room;
    try {
      const writer = new SegmentWriter(fd, number, randomBytes(32), keyring, capacity);
      const zeros = Buffer.alloc(Math.min(capacity, frameLimit));
      for (let at = 0; at < capacity; at += zeros.length) writeAll(fd, zeros.subarray(0, capacity - at), at);
      writeAll(fd, writer.#chain.head, 0);
      await system.syncfs(fd);
      return writer;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Bytes of frames that still fit. */
  get room(): number {
    return this.#capacity - this.#at;
  }

  /** Writes a frame; durable after {@link sync}. */
  write(frame: Buffer): void {
    const sealed = Buffer.allocUnsafe(frameBytes(frame.length));
    sealed.writeUInt32LE(frame.length, 0);
    const body = sealed.subarray(lengthBytes);
    this.#keyring.sealFrame(this.#chain, aadOf(this.#chain, frame.length), frame, body);
    // A place is used once, whatever becomes of its bytes.
    this.#chain.index += 1;
    this.#chain.previous = Buffer.from(body.subarray(frame.length));
    writeAll(this.#fd, sealed, this.#at);
    this.#at += sealed.length;
  }

  sync(): Promise<void> {
    return system.fdatasync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/**
 * The frames of a segment up to its last whole one; each is valid until the next is asked for, in memory that is wiped.
 * @returns none where its head is not the one of this number: it was cut off before it held anything
 */
export function* readSegment(vaultFd: number, number: number, keyring: Keyring): Iterable<Buffer> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
  const fd = system.openBeneath(vaultFd, segmentPath(number), flags, 0);
  const plain = system.plaintext(frameLimit);
  try {
    const { size } = fstatSync(fd);
    if (size > largestSegment) return;
    const head = readExactly(fd, 0, headBytes);
    const salt = head?.subarray(24, 56);
    if (head === null || salt === undefined || !head.equals(headOf(number, salt))) return;
    const chain: Chain = { head, salt, segment: number, index: 0, previous: firstTag };
    for (let at = headBytes; ; ) {
      const length = readExactly(fd, at, lengthBytes)?.readUInt32LE(0) ?? 0;
      if (length === 0 || length > frameLimit) return;
      const sealed = readExactly(fd, at + lengthBytes, length + tagBytes);
      const frame = plain.subarray(0, length);
      if (sealed === null || !keyring.openFrame(chain, aadOf(chain, length), sealed, frame)) return;
      yield frame;
      chain.index += 1;
      chain.previous = sealed.subarray(length);
      at += frameBytes(length);
    }
  } finally {
    system.wipe(plain);
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}

function readExactly(fd: number, position: number, length: number): Buffer | null {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const read = readSync(fd, bytes, done, length - done, position + done);
    if (read === 0) return null;
    done += read;
  }
  return bytes;
}
