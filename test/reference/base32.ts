/** Base32 of RFC 4648 section 6, lower case, no padding, trailing bits zero. */
import { must } from './refused.js';

const digits = 'abcdefghijklmnopqrstuvwxyz234567';

export function toBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => digits[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
}

/** @throws Refused malformed unless the text is the one encoding of its bytes */
export function fromBase32(text: string): Uint8Array {
  const values = [...text].map((digit) => digits.indexOf(digit));
  must(!values.includes(-1), 'a character is not base32');
  const bits = values.map((value) => value.toString(2).padStart(5, '0')).join('');
  const bytes = Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
  must(toBase32(bytes) === text, 'base32 is not canonical');
  return bytes;
}
