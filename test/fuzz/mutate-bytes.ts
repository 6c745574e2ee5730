/** Changes of bytes: bits, numbers at the edges of their types, parts left out, doubled, brought from elsewhere. */
import type { Random } from './random.js';

const edges = [
  0,
  1,
  2,
  16,
  32,
  63,
  64,
  127,
  128,
  255,
  256,
  4095,
  4096,
  65_535,
  65_536,
  2 ** 20,
  2 ** 31,
  2 ** 32 - 1,
];
const wide = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n];
/** Lengths of what is left out or doubled. */
const runs = [1, 1, 1, 2, 4, 8, 16, 32, 64, 256];

/** @param other brings parts. @param most bytes of what comes out */
export function mutateBytes(input: Buffer, other: Buffer, random: Random, most: number): Buffer {
  let bytes: Buffer = Buffer.from(input);
  for (let changes = 1 + random.below(4); changes > 0; changes--) bytes = change(bytes, other, random);
  return bytes.length > most ? bytes.subarray(0, most) : bytes;
}

function change(bytes: Buffer, other: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const run = Math.min(random.of(runs), bytes.length - at);
  switch (random.below(bytes.length === 0 ? 2 : 9)) {
    case 0: {
      const more = Buffer.from(Array.from({ length: random.of(runs) }, () => random.below(256)));
      return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
    }
    case 1: {
      const from = random.below(other.length + 1);
      const part = other.subarray(from, from + 1 + random.below(other.length - from + 1));
      return Buffer.concat([
        bytes.subarray(0, at),
        part,
        bytes.subarray(at + (random.once(2) ? part.length : 0)),
      ]);
    }
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + run)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at + run), bytes.subarray(at)]);
    case 4:
      return bytes.subarray(0, at);
    case 5:
      return set(bytes, random.below(bytes.length), random.below(256));
    case 6: {
      const place = random.below(bytes.length);
      return set(bytes, place, (bytes[place] ?? 0) ^ (1 << random.below(8)));
    }
    case 7:
      bytes.fill(random.of([0, 0xff, 0x20]), at, at + run);
      return bytes;
    default:
      return number(bytes, random);
  }
}

function set(bytes: Buffer, at: number, value: number): Buffer {
  bytes[at] = value;
  return bytes;
}

/** Writes a number over what is there, little-endian as files have them or big-endian as a TPM does. */
function number(bytes: Buffer, random: Random): Buffer {
  const width = random.of([1, 2, 4, 8]);
  const at = random.below(bytes.length);
  if (at + width > bytes.length) return bytes;
  const value = width === 8 ? random.of(wide) : BigInt(random.of(edges) % 2 ** (8 * width));
  const written = Buffer.alloc(8);
  written.writeBigUInt64LE(value);
  const part = written.subarray(0, width);
  bytes.set(random.once(3) ? part.reverse() : part, at);
  return bytes;
}
