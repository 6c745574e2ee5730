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

function takePiece(cursor: Cursor): Piece {
  const kind = cursor.u8();
  must(kind <= 1, 'piece kind');
  const vertices = cursor.u8();
  must(vertices >= 1, 'a piece without vertices');
  if (kind === 0) return { vertices, cube: null, first: 0 };
  const first = cursor.u8();
  const cube = takeCube(cursor);
  must(first + vertices <= Math.ceil(cube.length / vertexSize), 'a piece passes the end of its cube');
  return { vertices, cube, first };
}

function takeSlot(cursor: Cursor): Slot {
  const kind = cursor.u8();
  if (kind === 0) return { kind: 'hole' };
  if (kind === 1) return { kind: 'cube', cube: takeCube(cursor) };
  must(kind === 2, 'slot kind');
  const root = cursor.take(32);
  const pieces = Array.from({ length: cursor.u8() }, () => takePiece(cursor));
  const vertices = pieces.reduce((sum, piece) => sum + piece.vertices, 0);
  must(vertices >= 1 && vertices <= 16, 'vertices of a slot');
  return { kind: 'pieces', root, pieces };
}

/** Bytes that a piece's vertices have in its cube. */
function pieceBytes(cube: CubeRef, first: number, vertices: number): number {
  return Math.min(cube.length, (first + vertices) * vertexSize) - first * vertexSize;
}

/** The slot has exactly `length` bytes. @throws Refused malformed */
function checkLength(slot: Slot, length: number): void {
  if (slot.kind === 'cube') must(slot.cube.length === length, 'a cube is not the whole slot');
  if (slot.kind !== 'pieces') return;
  let left = length;
  for (const { cube, first, vertices } of slot.pieces) {
    const bytes = Math.min(left, vertices * vertexSize);
    must(Math.ceil(bytes / vertexSize) === vertices, 'a piece passes the end of its slot');
    must(cube === null || pieceBytes(cube, first, vertices) === bytes, 'a piece does not fit its cube');
    left -= bytes;
  }
  must(left === 0, 'the pieces do not fill their slot');
}

/** Finds a node by its ID. */
export type NodeSource = (id: Uint8Array) => Uint8Array | undefined;

/** The entries of a node that stands over `slots` slots, read one by one; a hole or a child's ID above level 0. */
function openNode(node: Uint8Array, level: number, slots: number): { cursor: Cursor; entries: number } {
  const cursor = new Cursor(node);
  const entries = Math.ceil(slots / fanOut ** level);
  must(cursor.u8() === 0x4e, 'not an index node');
  must(cursor.u8() === level, 'level of a node');
  must(cursor.u16() === entries, 'entries of a node');
  return { cursor, entries };
}

function takeBranch(cursor: Cursor): Uint8Array | null {
  const kind = cursor.u8();
  must(kind <= 1, 'entry kind');
  return kind === 0 ? null : cursor.take(32);
}

/** Slots from number `at` on, below one node. */
function collect(
  node: Uint8Array,
  level: number,
  at: number,
  length: number,
  source: NodeSource,
): readonly Slot[] {
  const span = fanOut ** level;
  const end = Math.min(slotCount(length), at + span * fanOut);
  const { cursor } = openNode(node, level, end - at);
  const slots: Slot[] = [];
  for (let from = at; from < end; from += span) {
    if (level === 0) {
      const slot = takeSlot(cursor);
      checkLength(slot, slotLength(length, from));
      slots.push(slot);
    } else slots.push(...branchSlots(takeBranch(cursor), level - 1, from, length, source));
  }
  cursor.end();
  return slots;
}

function branchSlots(
  id: Uint8Array | null,
  level: number,
  at: number,
  length: number,
  source: NodeSource,
): readonly Slot[] {
  if (id !== null) return child(id, level, at, length, source);
  const count = Math.min(fanOut ** (level + 1), slotCount(length) - at);
  return Array.from({ length: count }, () => ({ kind: 'hole' }));
}

/** A put record's root node by itself: neither the nodes below it nor the lengths of its slots. @throws Refused malformed */
export function checkRootNode(node: Uint8Array, length: number): void {
  const slots = slotCount(length);
  const level = levelFor(slots);
  const { cursor, entries } = openNode(node, level, slots);
  takeEntries(cursor, level, entries);
}

/** A node of a layout record by itself, which says nothing of the object's length. @throws Refused malformed */
export function checkNode(node: Uint8Array): void {
  const cursor = new Cursor(node);
  must(cursor.u8() === 0x4e, 'not an index node');
  const [level, entries] = [cursor.u8(), cursor.u16()];
  must(level <= 7 && entries <= fanOut, 'level or entries of a node');
  takeEntries(cursor, level, entries);
}

function takeEntries(cursor: Cursor, level: number, entries: number): void {
  for (let i = 0; i < entries; i++) {
    if (level === 0) takeSlot(cursor);
    else takeBranch(cursor);
  }
  cursor.end();
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
