import type { PadMode } from '../../native/index.js';

/** Bytes of a cube file's header, and of what vertices are padded to (FORMAT.md, "Cube file"). */
const headerBytes = 4096;
const blockBytes = 4096;
const vertexBytes = 65_536;
const cubeBytes = 1_048_576;

/** Bytes of the file of a cube with so much plaintext: header, ciphertext, padding. */
export function storedSize(length: number, pad: PadMode): number {
  if (pad === 'cube') return headerBytes + cubeBytes;
  const unit = pad === 'vertex' ? vertexBytes : blockBytes;
  return headerBytes + Math.ceil(length / unit) * unit;
}
