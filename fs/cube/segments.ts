import type { CubeRef } from '../../native/index.js';
import { slotBytes, vertexBytes } from '../manifest/index-node.js';
import type { Slot } from '../manifest/object-tree.js';

/** A run of a file's bytes that comes from one cube, or is zero. */
export interface Segment {
  readonly cube: CubeRef | null;
  /** First byte in the cube. */
  readonly offset: number;
  readonly length: number;
}

/** The segments of bytes `from`…`from + length` of one slot; the range must lie inside the slot. */
export function slotSegments(slot: Slot, from: number, length: number): readonly Segment[] {
  if (slot.kind === 'hole') return [{ cube: null, offset: 0, length }];
  if (slot.kind === 'cube') return [{ cube: slot.cube, offset: from, length }];
  const segments: Segment[] = [];
  const end = from + length;
  let start = 0;
  for (const piece of slot.pieces) {
    const pieceEnd = Math.min(start + piece.vertices * vertexBytes, slotBytes);
    const low = Math.max(from, start);
    const high = Math.min(end, pieceEnd);
    if (low < high) {
      const inCube = piece.kind === 'cube' ? piece.first * vertexBytes + (low - start) : 0;
      segments.push({
        cube: piece.kind === 'cube' ? piece.cube : null,
        offset: inCube,
        length: high - low,
      });
    }
    start = pieceEnd;
  }
  return segments;
}
