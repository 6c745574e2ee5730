/** Whether the slots of an object are as long as its length says (FORMAT.md, "Objects"): a node by itself does not tell. */
import { type Piece, type Slot, slotBytes, vertexBytes } from './index-node.js';
import type { UsedSlot } from './object-tree.js';

/** Whether a slot of an object of `length` bytes has exactly the bytes that the object has there. */
export function slotFits({ index, slot }: UsedSlot, length: number): boolean {
  const wanted = Math.min(slotBytes, length - index * slotBytes);
  return slot.kind === 'cube' ? slot.cube.length === wanted : piecesFit(slot, wanted);
}

/** Each piece has whole vertices but the last one, which ends with the slot. */
function piecesFit({ pieces }: Extract<Slot, { kind: 'pieces' }>, wanted: number): boolean {
  let left = wanted;
  for (const piece of pieces) {
    const bytes = Math.min(left, piece.vertices * vertexBytes);
    if (Math.ceil(bytes / vertexBytes) !== piece.vertices || !pieceFits(piece, bytes)) return false;
    left -= bytes;
  }
  return left === 0;
}

function pieceFits(piece: Piece, bytes: number): boolean {
  if (piece.kind === 'hole') return true;
  const { cube, first, vertices } = piece;
  return Math.min(vertices * vertexBytes, cube.length - first * vertexBytes) === bytes;
}
