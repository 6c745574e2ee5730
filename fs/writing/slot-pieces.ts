/** How a slot is stored: as one cube, or in pieces where only some of it has changed, or some of it is a hole. */
import type { CubeRef } from '../../native/index.js';
import { slotBytes, vertexBytes } from '../manifest/index-node.js';
import type { Slot } from '../manifest/object-tree.js';

/** Beyond so many pieces, or changed vertices of what there was, the slot is stored as one cube again: it would be slow to read. */
const mostPieces = 8;
const mostChanged = 4;

/** Vertices `first`…`first + count` of a slot. */
export type PlannedPiece =
  | { readonly kind: 'hole'; readonly first: number; readonly count: number }
  | { readonly kind: 'new'; readonly first: number; readonly count: number }
  /** As they are in a cube, from its vertex `from` on. */
  | {
      readonly kind: 'kept';
      readonly first: number;
      readonly count: number;
      readonly cube: CubeRef;
      readonly from: number;
    };

export interface SlotState {
  /** Bytes of the slot. */
  readonly bytes: Buffer;
  /** What it was before; null where that is of no use. */
  readonly before: Slot | null;
  /** Whether a vertex was written to. */
  readonly changed: (vertex: number) => boolean;
}

/** The pieces of a slot in order; null where one cube is better. */
export function planPieces({ bytes, before, changed }: SlotState): PlannedPiece[] | null {
  const count = Math.ceil(bytes.length / vertexBytes);
  const pieces: PlannedPiece[] = [];
  let fresh = 0;
  for (let vertex = 0; vertex < count; vertex++) {
    const next = planVertex({ bytes, before, changed }, vertex);
    if (next.kind === 'new') fresh += 1;
    const last = pieces.at(-1);
    const joined = last === undefined ? null : join(last, next);
    if (joined === null) pieces.push(next);
    else pieces[pieces.length - 1] = joined;
  }
  if (pieces.every(({ kind }) => kind === 'new')) return null;
  if (pieces.length > mostPieces) return null;
  return pieces.some(({ kind }) => kind === 'kept') && fresh > mostChanged ? null : pieces;
}

function planVertex({ bytes, before, changed }: SlotState, vertex: number): PlannedPiece {
  const start = vertex * vertexBytes;
  const part = bytes.subarray(start, start + vertexBytes);
  const place = { first: vertex, count: 1 };
  if (isZero(part)) return { kind: 'hole', ...place };
  const kept = before === null || changed(vertex) ? null : findKept(before, vertex);
  if (kept === null || !mayKeep(kept, part.length, start + part.length === bytes.length))
    return { kind: 'new', ...place };
  return { kind: 'kept', ...place, ...kept };
}

interface Kept {
  readonly cube: CubeRef;
  readonly from: number;
}

/** Where a vertex of a slot is stored. */
function findKept(slot: Slot, vertex: number): Kept | null {
  if (slot.kind === 'hole') return null;
  if (slot.kind === 'cube') return { cube: slot.cube, from: vertex };
  let first = 0;
  for (const piece of slot.pieces) {
    if (vertex < first + piece.vertices)
      return piece.kind === 'hole' ? null : { cube: piece.cube, from: piece.first + vertex - first };
    first += piece.vertices;
  }
  return null;
}

/** The piece at the slot's end ends with its cube; any other has full vertices (FORMAT.md, "Objects"). */
function mayKeep({ cube, from }: Kept, length: number, atEnd: boolean): boolean {
  const end = from * vertexBytes + length;
  return atEnd ? end === cube.length : length === vertexBytes && end <= cube.length;
}

function join(last: PlannedPiece, next: PlannedPiece): PlannedPiece | null {
  const count = last.count + next.count;
  if (last.kind !== 'kept' || next.kind !== 'kept')
    return last.kind === next.kind ? { ...last, count } : null;
  const follows = last.cube.id.equals(next.cube.id) && next.from === last.from + last.count;
  return follows ? { ...last, count } : null;
}

/** Whether a slot is stored as it would be if all of it was written at one time: what follows without a hole is in one cube, and all of that. */
export function isJoined(slot: Slot): boolean {
  if (slot.kind !== 'pieces') return true;
  let follows = false;
  for (const piece of slot.pieces) {
    if (piece.kind === 'cube') {
      const whole = piece.vertices === Math.ceil(piece.cube.length / vertexBytes);
      if (follows || !whole) return false;
    }
    follows = piece.kind === 'cube';
  }
  return true;
}

const zeros = Buffer.alloc(slotBytes);

function isZero(bytes: Buffer): boolean {
  return bytes.equals(zeros.subarray(0, bytes.length));
}
