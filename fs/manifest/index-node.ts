/** Index nodes of an object: up to 64 entries each (FORMAT.md, "Objects"). Decoding trusts no byte. */
import { ByteReader, ByteWriter, MalformedBytes } from '../../common/bytes.js';
import { sha256 } from '../../common/merkle.js';
import type { CubeRef } from '../../native/index.js';

/** A run of 64 KiB vertices inside a slot. */
export type Piece =
  | { readonly kind: 'hole'; readonly vertices: number }
  | { readonly kind: 'cube'; readonly vertices: number; readonly first: number; readonly cube: CubeRef };

/** 1 MiB of a file. */
export type Slot =
  | { readonly kind: 'hole' }
  | { readonly kind: 'cube'; readonly cube: CubeRef }
  | { readonly kind: 'pieces'; readonly root: Buffer; readonly pieces: readonly Piece[] };

/** An entry of a node above level 0: a child's ID, or null when all below it is holes. */
export type Branch = Buffer | null;

export type IndexNode =
  | { readonly kind: 'slots'; readonly level: 0; readonly entries: readonly Slot[] }
  | { readonly kind: 'branches'; readonly level: number; readonly entries: readonly Branch[] };

export const fanOut = 64;
/** Bytes of a slot. */
export const slotBytes = 1_048_576;
/** Bytes of a vertex. */
export const vertexBytes = 65_536;
/** Vertices of a slot. */
export const slotVertices = slotBytes / vertexBytes;
const nodeMark = 0x4e;
/** 64^8 slots are 2^68 bytes: more than any length. */
const highestLevel = 7;
const nodePrefix = Buffer.from([2]);
/** Mark, level and count, the slot's mark, its cube's length, ID and root. */
const oneCubeBytes = 4 + 1 + 4 + 32 + 32;
/** Larger than the largest node: 64 slots of 16 pieces. */
const largestNode = 131_072;

/** Slots of a file of `length` bytes. */
export function slotCount(length: number): number {
  return Math.ceil(length / slotBytes);
}

/** The least level of a root node that covers so many slots. */
export function rootLevel(count: number): number {
  let level = 0;
  for (let covered = fanOut; covered < count; covered *= fanOut) level++;
  return level;
}

export function nodeId(node: Uint8Array): Buffer {
  return sha256(nodePrefix, node);
}

export function encodeSlots(slots: readonly Slot[]): Buffer {
  const out = new ByteWriter().u8(nodeMark).u8(0).u16(slots.length);
  for (const slot of slots) writeSlot(out, slot);
  return out.done();
}

export function encodeBranches(level: number, branches: readonly Branch[]): Buffer {
  const out = new ByteWriter().u8(nodeMark).u8(level).u16(branches.length);
  for (const branch of branches) {
    if (branch === null) out.u8(0);
    else out.u8(1).bytes(branch);
  }
  return out.done();
}

function writeSlot(out: ByteWriter, slot: Slot): void {
  if (slot.kind === 'hole') out.u8(0);
  else if (slot.kind === 'cube') writeCube(out.u8(1), slot.cube);
  else {
    out.u8(2).bytes(slot.root).u8(slot.pieces.length);
    for (const piece of slot.pieces) {
      if (piece.kind === 'hole') out.u8(0).u8(piece.vertices);
      else writeCube(out.u8(1).u8(piece.vertices).u8(piece.first), piece.cube);
    }
  }
}

function writeCube(out: ByteWriter, cube: CubeRef): void {
  out.u32(cube.length).bytes(cube.id).bytes(cube.root);
}

/** @throws MalformedBytes */
export function decodeNode(bytes: Uint8Array): IndexNode {
  if (bytes.length > largestNode) throw new MalformedBytes(`index node of ${bytes.length} bytes`);
  const input = new ByteReader(bytes);
  const { level, count } = readHead(input);
  if (level === 0) {
    const slots = Array.from({ length: count }, () => readSlot(input));
    input.end();
    return { kind: 'slots', level, entries: slots };
  }
  const branches = Array.from({ length: count }, () => readBranch(input));
  input.end();
  return { kind: 'branches', level, entries: branches };
}

function readHead(input: ByteReader): { level: number; count: number } {
  if (input.u8() !== nodeMark) throw new MalformedBytes('not an index node');
  const level = input.u8();
  const count = input.u16();
  if (level > highestLevel) throw new MalformedBytes(`index node of level ${level}`);
  if (count > fanOut) throw new MalformedBytes(`index node with ${count} entries`);
  return { level, count };
}

function readBranch(input: ByteReader): Branch {
  const mark = input.u8();
  if (mark > 1) throw new MalformedBytes(`index entry ${mark}`);
  return mark === 0 ? null : input.copy(32);
}

function readSlot(input: ByteReader): Slot {
  const mark = input.u8();
  if (mark === 0) return { kind: 'hole' };
  if (mark === 1) return { kind: 'cube', cube: readCube(input) };
  if (mark !== 2) throw new MalformedBytes(`slot entry ${mark}`);
  const root = input.copy(32);
  const pieces = Array.from({ length: input.u8() }, () => readPiece(input));
  const slot: Slot = { kind: 'pieces', root, pieces };
  const fault = slotFault(slot);
  if (fault !== null) throw new MalformedBytes(fault);
  return slot;
}

function readPiece(input: ByteReader): Piece {
  const mark = input.u8();
  const vertices = input.u8();
  if (mark === 0) return { kind: 'hole', vertices };
  if (mark !== 1) throw new MalformedBytes(`piece ${mark}`);
  const first = input.u8();
  return { kind: 'cube', vertices, first, cube: readCube(input) };
}

function readCube(input: ByteReader): CubeRef {
  const length = input.u32();
  if (length === 0 || length > slotBytes) throw new MalformedBytes(`cube of ${length} bytes`);
  return { length, id: input.copy(32), root: input.copy(32) };
}

/** Bytes that a slot has in cubes, and holes between them: never fewer than its length, but for a slot that is a hole. */
export function storedLength(slot: Slot): number {
  if (slot.kind === 'hole') return 0;
  if (slot.kind === 'cube') return slot.cube.length;
  return slot.pieces.reduce((length, piece) => length + pieceLength(piece), 0);
}

function pieceLength(piece: Piece): number {
  const whole = piece.vertices * vertexBytes;
  return piece.kind === 'hole' ? whole : Math.min(whole, piece.cube.length - piece.first * vertexBytes);
}

/** Why a slot can not be; null when it can. */
export function slotFault(slot: Slot): string | null {
  if (slot.kind === 'hole') return null;
  if (slot.kind === 'cube') return cubeFault(slot.cube);
  if (slot.root.length !== 32) return 'slot root is not 32 bytes';
  let sum = 0;
  for (const piece of slot.pieces) {
    if (piece.vertices < 1) return 'piece without vertices';
    sum += piece.vertices;
    if (piece.kind === 'hole') continue;
    const fault = cubeFault(piece.cube);
    if (fault !== null) return fault;
    if (piece.first + piece.vertices > Math.ceil(piece.cube.length / vertexBytes))
      return 'piece outside its cube';
  }
  return sum >= 1 && sum <= slotVertices ? null : `pieces of ${sum} vertices`;
}

function cubeFault(cube: CubeRef): string | null {
  if (cube.id.length !== 32 || cube.root.length !== 32) return 'cube ID or root is not 32 bytes';
  return Number.isInteger(cube.length) && cube.length >= 1 && cube.length <= slotBytes ? null : 'cube length';
}

/** Why this is not the root node of an object of `length` bytes; null when it may be. Looks at this node only. */
export function rootNodeFault(bytes: Uint8Array, length: number): string | null {
  if (!Number.isSafeInteger(length) || length < 0) return `object length ${length}`;
  if (isOneCube(bytes) && slotCount(length) === 1) return null;
  try {
    const node = decodeNode(bytes);
    const count = slotCount(length);
    if (node.level !== rootLevel(count)) return `root node of level ${node.level} for ${count} slots`;
    const entries = Math.ceil(count / fanOut ** node.level);
    return node.entries.length === entries
      ? null
      : `root node with ${node.entries.length} entries for ${count} slots`;
  } catch (error) {
    if (error instanceof MalformedBytes) return error.message;
    throw error;
  }
}

/** Whether it is the node of one slot that is a cube, as of most files: each put asks, and decoding makes objects of it. */
function isOneCube(bytes: Uint8Array): boolean {
  if (bytes.length !== oneCubeBytes || bytes[0] !== nodeMark || bytes[1] !== 0) return false;
  if (bytes[2] !== 1 || bytes[3] !== 0 || bytes[4] !== 1) return false;
  const byte = (at: number): number => bytes[at] ?? 0;
  const length = byte(5) + byte(6) * 2 ** 8 + byte(7) * 2 ** 16 + byte(8) * 2 ** 24;
  return length >= 1 && length <= slotBytes;
}
