/** How a slot is stored: as one cube, or in pieces where only some of it has changed, or some of it is a hole. */
import type { CubeRef, SlotVertex, StoredVertex } from '../../native/index.js';
import { slotBytes, vertexBytes } from '../manifest/index-node.js';
import type { Piece, Slot } from '../manifest/object-tree.js';
import type { Vertex } from './vertex.js';

/** Beyond so many cubes, or so many written vertices, the slot is stored as one cube again: it would be slow to read. */
const mostCubes = 8;
const mostWritten = 8;
/** Beyond so many runs of data and zeros it is one cube, zeros and all. */
const mostRuns = 8;

/**
 * The vertices of a slot of `length` bytes of which only the written ones are to be encrypted; null where the slot is better stored anew.
 * @param before what is stored under it
 * @param written what was written to a vertex
 */
export function planWritten(
  before: Slot,
  length: number,
  written: (vertex: number) => Vertex | undefined,
): readonly SlotVertex[] | null {
  const count = Math.ceil(length / vertexBytes);
  const planned: SlotVertex[] = [];
  const cubes = new Set<string>();
  let fresh = 0;
  for (let index = 0; index < count; index++) {
    const here = Math.min(vertexBytes, length - index * vertexBytes);
    const stored = findStored(before, index);
    const vertex = written(index);
    if (vertex !== undefined) {
      fresh += 1;
      const { parts, present } = vertex;
      planned.push({ kind: 'written', under: vertex.has(0, here) ? null : stored, parts, present });
    } else if (stored === null) planned.push({ kind: 'hole' });
    else {
      if (!mayKeep(stored, here, index === count - 1)) return null;
      cubes.add(stored.cube.id.toString('latin1'));
      planned.push({ kind: 'kept', ...stored });
    }
  }
  const few = fresh <= mostWritten && cubes.size < mostCubes;
  // Where nothing is kept, holes are found by what is zero.
  return few && cubes.size > 0 ? planned : null;
}

/** The vertices of a slot of `length` bytes that were all written, as wholes; null where one was not, or is zero. */
export function planWhole(
  length: number,
  written: (vertex: number) => Vertex | undefined,
): readonly SlotVertex[] | null {
  const planned: SlotVertex[] = [];
  for (let at = 0; at < length; at += vertexBytes) {
    const vertex = written(at / vertexBytes);
    const here = Math.min(vertexBytes, length - at);
    if (vertex?.has(0, here) !== true || vertex.parts.every(({ bytes }) => isZero(bytes))) return null;
    const { parts, present } = vertex;
    planned.push({ kind: 'written', under: null, parts, present });
  }
  return planned;
}

/** Where a vertex of a slot is stored; null for zeros. */
function findStored(slot: Slot, vertex: number): StoredVertex | null {
  if (slot.kind === 'hole') return null;
  if (slot.kind === 'cube') return within(slot.cube, vertex);
  let first = 0;
  for (const piece of slot.pieces) {
    if (vertex < first + piece.vertices)
      return piece.kind === 'hole' ? null : within(piece.cube, piece.first + vertex - first);
    first += piece.vertices;
  }
  return null;
}

/** Past the end of the cube that ends the slot there was nothing before. */
function within(cube: CubeRef, from: number): StoredVertex | null {
  return from * vertexBytes < cube.length ? { cube, from } : null;
}

/** The piece at the slot's end ends with its cube; any other has full vertices (FORMAT.md, "Objects"). */
function mayKeep({ cube, from }: StoredVertex, length: number, atEnd: boolean): boolean {
  const end = from * vertexBytes + length;
  return atEnd ? end === cube.length : length === vertexBytes && end <= cube.length;
}

/** Vertices one by one as pieces: what follows each other in one cube, or is a hole, is one. */
export function piecesOf(vertices: readonly (StoredVertex | null)[]): Piece[] {
  const pieces: Piece[] = [];
  for (const vertex of vertices) {
    const next: Piece =
      vertex === null
        ? { kind: 'hole', vertices: 1 }
        : { kind: 'cube', vertices: 1, first: vertex.from, cube: vertex.cube };
    const last = pieces.at(-1);
    if (last !== undefined && follows(last, next))
      pieces[pieces.length - 1] = { ...last, vertices: last.vertices + 1 };
    else pieces.push(next);
  }
  return pieces;
}

function follows(last: Piece, next: Piece): boolean {
  if (last.kind === 'hole' || next.kind === 'hole') return last.kind === next.kind;
  return last.cube.id.equals(next.cube.id) && next.first === last.first + last.vertices;
}

/** Vertices `first`…`first + count` of a slot that are zero, or not. */
export interface Run {
  readonly zero: boolean;
  readonly first: number;
  readonly count: number;
}

/** What of a slot is zero; null where it is one cube as a whole. */
export function zeroRuns(bytes: Buffer): readonly Run[] | null {
  const runs: Run[] = [];
  for (let at = 0; at < bytes.length; at += vertexBytes) {
    const zero = isZero(bytes.subarray(at, at + vertexBytes));
    const last = runs.at(-1);
    if (last?.zero === zero) runs[runs.length - 1] = { ...last, count: last.count + 1 };
    else runs.push({ zero, first: at / vertexBytes, count: 1 });
  }
  return runs.length > mostRuns || runs.every(({ zero }) => !zero) ? null : runs;
}

/** Whether nothing is to be won by storing a slot anew: what follows without a hole is in one cube, and it has all of each cube. */
export function isJoined(slot: Slot): boolean {
  if (slot.kind !== 'pieces') return true;
  /** Vertices of each cube that are elsewhere than here. */
  const elsewhere = new Map<string, number>();
  let follows = false;
  for (const piece of slot.pieces) {
    if (piece.kind === 'cube') {
      if (follows) return false;
      const id = piece.cube.id.toString('latin1');
      const left = elsewhere.get(id) ?? Math.ceil(piece.cube.length / vertexBytes);
      elsewhere.set(id, left - piece.vertices);
    }
    follows = piece.kind === 'cube';
  }
  return [...elsewhere.values()].every((left) => left === 0);
}

const zeros = Buffer.alloc(slotBytes);

function isZero(bytes: Buffer): boolean {
  return bytes.equals(zeros.subarray(0, bytes.length));
}
