import { closeSync, openSync, readSync } from 'node:fs';
import { SherinError } from './errors.js';

const pieceBytes = 65_536;

/**
 * All of a file that anyone may have written, whatever its size says: of a device without an end, `most` bytes are read.
 * @param file 0 is the standard input
 * @throws SherinError LOCAL_FILE where it has more than `most` bytes; system errors
 */
export function readAtMost(file: string | Buffer | 0, most: number): Buffer {
  const fd = file === 0 ? file : openSync(file, 'r');
  try {
    const pieces: Buffer[] = [];
    for (let length = 0; ; ) {
      const piece = Buffer.alloc(Math.min(pieceBytes, most + 1 - length));
      const read = readSync(fd, piece);
      if (read === 0) return Buffer.concat(pieces);
      pieces.push(piece.subarray(0, read));
      length += read;
      if (length > most) {
        const part = `it has more than ${most} bytes, which is the most that is read of it`;
        throw new SherinError('LOCAL_FILE', { path: file === 0 ? 'the standard input' : String(file), part });
      }
    }
  } finally {
    if (file !== 0) closeSync(fd);
  }
}
