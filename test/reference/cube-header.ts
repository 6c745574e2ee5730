/** The cube file's first 4096 bytes: layout and shape (FORMAT.md, "Cube file"). */
import { Cursor, equalBytes, isZero, join } from './bytes.js';
import { must } from './refused.js';

export const padModes = ['4k', 'vertex', 'cube'] as const;
export type Pad = (typeof padModes)[number];

export const vertexSize = 65536;
export const headerSize = 4096;

export interface CubeHeader {
  readonly pad: Pad;
  readonly epoch: number;
  readonly id: Uint8Array;
  readonly salt: Uint8Array;
  /** Stored vertices. */
  readonly count: number;
  /** Stored bytes of the last vertex. */
  readonly last: number;
  readonly ciphertextRoot: Uint8Array;
  readonly tags: readonly Uint8Array[];
  /** Ciphertext and tag. */
  readonly sealed: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Shape {
  readonly count: number;
  readonly last: number;
}

/** What a plaintext length is stored as. */
export function shapeOf(length: number, pad: Pad): Shape {
  const count = Math.ceil(length / vertexSize);
  const rest = length - (count - 1) * vertexSize;
  if (pad === 'cube') return { count: 16, last: vertexSize };
  return { count, last: pad === 'vertex' ? vertexSize : Math.ceil(rest / 4096) * 4096 };
}

/** @throws Refused malformed */
export function parseCubeHeader(header: Uint8Array, id: Uint8Array, fileSize: number): CubeHeader {
  must(header.length === headerSize, 'the header is not whole');
  const cursor = new Cursor(header);
  must(equalBytes(cursor.take(8), join('SHERIN::')), 'magic');
  must(cursor.u16() === 1, 'format version');
  must(cursor.u16() === 1, 'suite');
  const flags = cursor.u32();
  must((flags & 0xfffc) === 0, 'unknown flags');
  const pad = padModes[flags & 3];
  must(pad !== undefined, 'pad mode');
  const named = cursor.take(32);
  must(equalBytes(named, id), 'the cube has another ID');
  const salt = cursor.take(32);
  const count = cursor.u32();
  must(count >= 1 && count <= 16, 'vertex count');
  const last = cursor.u32();
  must(last >= 4096 && last <= vertexSize && last % 4096 === 0, 'length of the last vertex');
  must(pad === '4k' || last === vertexSize, 'the last vertex is not padded to 64 KiB');
  must(pad !== 'cube' || count === 16, 'the cube is not padded to 16 vertices');
  const ciphertextRoot = cursor.take(32);
  const tags = Array.from({ length: 16 }, () => cursor.take(16));
  must(tags.slice(count).every(isZero), 'an unused tag is not zero');
  const sealed = cursor.take(576);
  const signature = cursor.take(64);
  must(isZero(cursor.take(3080)), 'reserved bytes are not zero');
  must(fileSize === headerSize + (count - 1) * vertexSize + last, 'file size');
  const epoch = flags >>> 16;
  return { pad, epoch, id, salt, count, last, ciphertextRoot, tags, sealed, signature };
}
