/** Byte layouts of FORMAT.md: little-endian integers, joined with ‖. */
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { malformed, must } from './refused.js';

export { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js';

/** Joins byte strings and texts (their UTF-8, no terminating zero). */
export function join(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return concatBytes(...parts.map((part) => (typeof part === 'string' ? utf8ToBytes(part) : part)));
}

function little(bytes: number, value: number | bigint): Uint8Array {
  const out = new Uint8Array(bytes);
  let rest = BigInt.asUintN(bytes * 8, BigInt(value));
  if (BigInt(value) !== rest && BigInt(value) !== BigInt.asIntN(bytes * 8, rest)) {
    throw new RangeError(`${value} does not fit ${bytes} bytes`);
  }
  for (let i = 0; i < bytes; i++, rest >>= 8n) out[i] = Number(rest & 255n);
  return out;
}

export const u8 = (value: number): Uint8Array => little(1, value);
export const u16 = (value: number): Uint8Array => little(2, value);
export const u32 = (value: number): Uint8Array => little(4, value);
export const u64 = (value: number | bigint): Uint8Array => little(8, value);
export const i64 = (value: number | bigint): Uint8Array => little(8, value);

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** Order of byte strings: the first difference decides, a prefix comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Reads a layout from its start; every step is bounds-checked. */
export class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** @throws Refused malformed when fewer bytes are left */
  take(length: number): Uint8Array {
    must(length <= this.left, `${length} bytes expected, ${this.left} left`);
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  u64n(): bigint {
    return this.take(8).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }
  i64(): bigint {
    return BigInt.asIntN(64, this.u64n());
  }
  /** @throws Refused malformed beyond 2^53−1 */
  u64(): number {
    const value = this.u64n();
    must(value <= BigInt(Number.MAX_SAFE_INTEGER), `${value} is beyond 2^53−1`);
    return Number(value);
  }
  u32(): number {
    return this.take(4).reduceRight((value, byte) => value * 256 + byte, 0);
  }
  u16(): number {
    return this.take(2).reduceRight((value, byte) => value * 256 + byte, 0);
  }
  u8(): number {
    return this.take(1)[0] ?? 0;
  }
  /** @throws Refused malformed when bytes are left over */
  end(): void {
    must(this.left === 0, `${this.left} bytes left over`);
  }
}

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 of RFC 4648 section 4, padded. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const value = (a << 16) | (b << 8) | c;
    const digits = [18, 12, 6, 0].map((shift) => base64[(value >> shift) & 63]);
    text += digits.slice(0, Math.min(3, bytes.length - at) + 1).join('');
  }
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** @throws Refused malformed unless the text is the one encoding of its bytes (and of `length` bytes, if given) */
export function fromBase64(text: string, length?: number): Uint8Array {
  const bytes: number[] = [];
  const digits = text.replace(/={1,2}$/, '');
  let value = 0;
  for (const [i, digit] of [...digits].entries()) {
    const bits = base64.indexOf(digit);
    if (bits < 0) throw malformed('not base64');
    value = ((value << 6) | bits) & 0xffffff;
    if (i % 4 !== 0) bytes.push((value >> (6 - 2 * (i % 4))) & 255);
  }
  const out = Uint8Array.from(bytes);
  must(toBase64(out) === text, 'base64 is not canonical');
  must(length === undefined || out.length === length, `${length} bytes expected in base64`);
  return out;
}
