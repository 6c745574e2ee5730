/** Little-endian binary layouts: a growing writer and a reader that never passes its end. */

/** A structure from disk or a socket ended early or holds a value outside its bounds. */
export class MalformedBytes extends Error {}

/** One more than the largest number of 32 bits. */
const half = 2 ** 32;

export class ByteWriter {
  #buffer = Buffer.allocUnsafe(256);
  #length = 0;

  #grow(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, at + bytes));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    this.#length += bytes;
    return at;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#buffer.writeUInt8(value, at);
    return this;
  }
  u16(value: number): this {
    const at = this.#grow(2);
    this.#buffer.writeUInt16LE(value, at);
    return this;
  }
  u32(value: number): this {
    const at = this.#grow(4);
    this.#buffer.writeUInt32LE(value, at);
    return this;
  }
  /** A count or position; at most 2^53−1. Two halves: a bigint of each number would be most of what encoding a record costs. */
  u64(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no count`);
    const at = this.#grow(8);
    this.#buffer.writeUInt32LE(value % half, at);
    this.#buffer.writeUInt32LE(Math.floor(value / half), at + 4);
    return this;
  }
  u64n(value: bigint): this {
    const at = this.#grow(8);
    this.#buffer.writeBigUInt64LE(value, at);
    return this;
  }
  i64n(value: bigint): this {
    const at = this.#grow(8);
    this.#buffer.writeBigInt64LE(value, at);
    return this;
  }
  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#buffer.set(value, at);
    return this;
  }
  /** u8 length, then the bytes. */
  bytes8(value: Uint8Array): this {
    return this.u8(value.length).bytes(value);
  }
  /** u16 length, then the bytes. */
  bytes16(value: Uint8Array): this {
    return this.u16(value.length).bytes(value);
  }
  /** u32 length, then the bytes. */
  bytes32(value: Uint8Array): this {
    return this.u32(value.length).bytes(value);
  }
  /** A copy of what was written. */
  done(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#length));
  }
}

export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#buffer.length) throw new MalformedBytes(`needs ${bytes} bytes at ${at}`);
    this.#at += bytes;
    return at;
  }

  get left(): number {
    return this.#buffer.length - this.#at;
  }
  u8(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }
  u16(): number {
    return this.#buffer.readUInt16LE(this.#take(2));
  }
  u32(): number {
    return this.#buffer.readUInt32LE(this.#take(4));
  }
  /** @throws MalformedBytes beyond 2^53−1 */
  u64(): number {
    const at = this.#take(8);
    const value = this.#buffer.readUInt32LE(at) + this.#buffer.readUInt32LE(at + 4) * half;
    if (!Number.isSafeInteger(value)) throw new MalformedBytes('number beyond 2^53-1');
    return value;
  }
  u64n(): bigint {
    return this.#buffer.readBigUInt64LE(this.#take(8));
  }
  i64n(): bigint {
    return this.#buffer.readBigInt64LE(this.#take(8));
  }
  /** A view, not a copy. */
  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }
  /** As {@link bytes}, copied, without a view in between. */
  copy(length: number): Buffer {
    const at = this.#take(length);
    const copy = Buffer.allocUnsafe(length);
    this.#buffer.copy(copy, 0, at, at + length);
    return copy;
  }
  bytes8(): Buffer {
    return this.bytes(this.u8());
  }
  bytes16(): Buffer {
    return this.bytes(this.u16());
  }
  bytes32(): Buffer {
    return this.bytes(this.u32());
  }
  /** @throws MalformedBytes when bytes are left over */
  end(): void {
    if (this.left !== 0) throw new MalformedBytes(`${this.left} bytes left over`);
  }
}
