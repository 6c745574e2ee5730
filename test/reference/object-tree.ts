/** Objects: slots, index nodes and the object root (FORMAT.md, "Objects"). */
import { sha256 } from '@noble/hashes/sha2.js';
import { Cursor, equalBytes, join, u8, u16, u32 } from './bytes.js';
import type { CubeRef } from './cube.js';
import { vertexSize } from './cube-header.js';
import { mth, rootOfBlocks } from './merkle.js';
import { must, Refused } from './refused.js';

export const slotSize = 2 ** 20;
const fanOut = 64;

export interface Piece {
  readonly vertices: number;
  /** null: a hole. */
  readonly cube: CubeRef | null;
  /** First vertex in the cube. */
  readonly first: number;
}

export type Slot =
  | { readonly kind: 'hole' }
  | { readonly kind: 'cube'; readonly cube: CubeRef }
  | { readonly kind: 'pieces'; readonly root: Uint8Array; readonly pieces: readonly Piece[] };

export const slotCount = (length: number): number => Math.ceil(length / slotSize);
export const slotLength = (length: number, index: number): number =>
  Math.min(slotSize, length - index * slotSize);
export const nodeId = (node: Uint8Array): Uint8Array => sha256(join(Uint8Array.of(2), node));

/** The least level whose nodes cover this many slots. */
export function levelFor(slots: number): number {
  let level = 0;
  while (fanOut ** (level + 1) < slots) level++;
  return level;
}

const holeRoots = new Map<number, Uint8Array>();

function holeRoot(length: number): Uint8Array {
  const known = holeRoots.get(length) ?? rootOfBlocks(new Uint8Array(length));
  holeRoots.set(length, known);
  return known;
}

export function slotRoot(slot: Slot, length: number): Uint8Array {
  if (slot.kind === 'hole') return holeRoot(length);
  return slot.kind === 'cube' ? slot.cube.root : slot.root;
}

/** The object root of a content's slots. */
export function objectRoot(slots: readonly Slot[], length: number): Uint8Array {
  return mth(slots.map((slot, i) => slotRoot(slot, slotLength(length, i))));
}

function encodePiece(piece: Piece): Uint8Array {
  if (piece.cube === null) return join(u8(0), u8(piece.vertices));
  const { cube } = piece;
  return join(u8(1), u8(piece.vertices), u8(piece.first), u32(cube.length), cube.id, cube.root);
}

function encodeSlot(slot: Slot): Uint8Array {
  if (slot.kind === 'hole') return u8(0);
  if (slot.kind === 'cube') return join(u8(1), u32(slot.cube.length), slot.cube.id, slot.cube.root);
  return join(u8(2), slot.root, u8(slot.pieces.length), ...slot.pieces.map(encodePiece));
}

function encodeNode(level: number, entries: readonly Uint8Array[]): Uint8Array {
  return join(u8(0x4e), u8(level), u16(entries.length), ...entries);
}

export interface ObjectTree {
  /** The root node, for the put record. */
  readonly node: Uint8Array;
  /** The other nodes, for the table `nodes`. */
  readonly nodes: readonly Uint8Array[];
}

/** Builds the nodes over a content's slots; a subtree of holes gets no node. */
export function buildTree(slots: readonly Slot[]): ObjectTree {
  let entries = slots.map((slot) => ({ bytes: encodeSlot(slot), hole: slot.kind === 'hole' }));
  const nodes: Uint8Array[] = [];
  const top = levelFor(slots.length);
  for (let level = 0; level < top; level++) {
    const groups = Array.from({ length: Math.ceil(entries.length / fanOut) }, (_, i) =>
      entries.slice(i * fanOut, (i + 1) * fanOut),
    );
    entries = groups.map((group) => {
      if (group.every((entry) => entry.hole)) return { bytes: u8(0), hole: true };
      const node = encodeNode(
        level,
        group.map((entry) => entry.bytes),
      );
      nodes.push(node);
      return { bytes: join(u8(1), nodeId(node)), hole: false };
    });
  }
  return {
    node: encodeNode(
      top,
      entries.map((entry) => entry.bytes),
    ),
    nodes,
  };
}

function takeCube(cursor: Cursor): CubeRef {
  const length = cursor.u32();
  must(length >= 1 && length <= slotSize, 'cube length');
  return { length, id: cursor.take(32), root: cursor.take(32) };
}

/** Bytes that a piece's vertices have in its cube. */
function pieceBytes(cube: CubeRef, first: number, vertices: number): number {
  return Math.min(cube.length, (first + vertices) * vertexSize) - first * vertexSize;
}

function takePieces(cursor: Cursor, length: number): Piece[] {
  const pieces: Piece[] = [];
  let left = length;
  for (let n = cursor.u8(); n > 0; n--) {
    const kind = cursor.u8();
    must(kind <= 1, 'piece kind');
    const vertices = cursor.u8();
    must(vertices >= 1 && left > 0, 'vertices of a piece');
    const first = kind === 0 ? 0 : cursor.u8();
    const cube = kind === 0 ? null : takeCube(cursor);
    const bytes = Math.min(left, vertices * vertexSize);
    must(Math.ceil(bytes / vertexSize) === vertices, 'a piece passes the end of its slot');
    must(cube === null || pieceBytes(cube, first, vertices) === bytes, 'a piece does not fit its cube');
    left -= bytes;
    pieces.push({ vertices, cube, first });
  }
  must(left === 0, 'the pieces do not fill their slot');
  return pieces;
}

function takeSlot(cursor: Cursor, length: number): Slot {
  const kind = cursor.u8();
  if (kind === 0) return { kind: 'hole' };
  if (kind === 1) {
    const cube = takeCube(cursor);
    must(cube.length === length, 'a cube is not the whole slot');
    return { kind: 'cube', cube };
  }
  must(kind === 2, 'slot kind');
  return { kind: 'pieces', root: cursor.take(32), pieces: takePieces(cursor, length) };
}

/** Finds a node by its ID. */
export type NodeSource = (id: Uint8Array) => Uint8Array | undefined;

function collect(
  node: Uint8Array,
  level: number,
  at: number,
  length: number,
  source: NodeSource,
): readonly Slot[] {
  const end = Math.min(slotCount(length), at + fanOut ** (level + 1));
  const span = fanOut ** level;
  const cursor = new Cursor(node);
  must(cursor.u8() === 0x4e, 'not an index node');
  must(cursor.u8() === level, 'level of a node');
  must(cursor.u16() === Math.ceil((end - at) / span), 'entries of a node');
  const slots: Slot[] = [];
  for (let from = at; from < end; from += span) {
    const below = Math.min(span, end - from);
    if (level === 0) slots.push(takeSlot(cursor, slotLength(length, from)));
    else if (takeFlag(cursor) === 0) for (let i = 0; i < below; i++) slots.push({ kind: 'hole' });
    else slots.push(...child(cursor.take(32), level - 1, from, length, source));
  }
  cursor.end();
  return slots;
}

function child(
  id: Uint8Array,
  level: number,
  at: number,
  length: number,
  source: NodeSource,
): readonly Slot[] {
  const node = source(id);
  if (node === undefined) throw new Refused('missing', 'an index node');
  if (!equalBytes(nodeId(node), id)) throw new Refused('log', 'an index node has another ID');
  return collect(node, level, at, length, source);
}

/** All slots of an object, checked against its root. @throws Refused */
export function readTree(
  node: Uint8Array,
  length: number,
  root: Uint8Array,
  source: NodeSource,
): readonly Slot[] {
  const slots = collect(node, levelFor(slotCount(length)), 0, length, source);
  if (!equalBytes(objectRoot(slots, length), root)) throw new Refused('root', 'object root');
  return slots;
}

function takeFlag(cursor: Cursor): number {
  const flag = cursor.u8();
  must(flag <= 1, 'entry kind');
  return flag;
}
