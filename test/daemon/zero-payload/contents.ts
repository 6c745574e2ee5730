/** Requests as anybody might make them, and no two with 16 bytes in common. */
import { randomBytes, randomInt } from 'node:crypto';

/** ASCII, line ends, and what JSON writes with a backslash. */
const printable = Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n))
  .join('')
  .concat('\n\t"\\');

export function randomText(): Buffer {
  const letters = Array.from({ length: length() }, () => printable[randomInt(printable.length)]);
  return Buffer.from(letters.join(''));
}

export function randomBinary(): Buffer {
  return randomBytes(length());
}

/** Some shorter than a name may be, some longer than a line. */
function length(): number {
  return randomInt(16, 2 ** randomInt(5, 14));
}
