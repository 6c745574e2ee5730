/** One slot of a frozen file becomes what its version stores there: encrypted on the codec's threads. */
import {
  type CubeRef,
  type EncodedCube,
  type EncodeOptions,
  encodeBuffer,
  encodeSlot,
  rootOfBlocks,
  type StoredVertex,
} from '../../native/index.js';
import { vertexBytes } from '../manifest/index-node.js';
import type { Slot } from '../manifest/object-tree.js';
import type { FrozenContent } from './frozen-content.js';
import type { SlotBuffers } from './slot-buffers.js';
import { piecesOf, planWhole, planWritten, zeroRuns } from './slot-pieces.js';

export interface CubeTarget {
  readonly encode: EncodeOptions;
  /** Takes a cube that was encrypted, with its temporary file if it has one. */
  readonly take: (encoded: EncodedCube) => void;
}

export interface SealTarget extends CubeTarget {
  /** An index node by ID. */
  readonly node: (id: Buffer) => Buffer;
}

/**
 * Encrypts one slot as it was frozen: only the vertices that were written where few were, and the others are named as they are stored.
 * @throws SherinError where bytes beside the written ones can not be read, NativeError
 */
export function sealSlot(
  content: FrozenContent,
  index: number,
  target: SealTarget,
  buffers: SlotBuffers,
): Promise<Slot> {
  return buffers.pace.during(() => sealNow(content, index, target, buffers));
}

async function sealNow(
  content: FrozenContent,
  index: number,
  target: SealTarget,
  buffers: SlotBuffers,
): Promise<Slot> {
  const before = content.slotBefore(index, target.node);
  const sealed =
    (await sealWhole(content, index, target)) ??
    (before === null ? null : await sealWritten(content, index, before, target));
  if (sealed !== null) return sealed;
  return buffers.with(content.slotLength(index), async (bytes) => {
    await content.assemble(index, bytes);
    return sealAnew(bytes, target);
  });
}

/** A slot of which every byte was written becomes one cube, put together by the threads that encrypt it; null where it is not that, or some of it is zero. */
async function sealWhole(content: FrozenContent, index: number, target: CubeTarget): Promise<Slot | null> {
  const length = content.slotLength(index);
  const vertices = planWhole(length, (vertex) => content.written(index, vertex));
  const result = vertices === null ? null : await encodeSlot(content.reader, vertices, length, target.encode);
  if (result?.ok !== true || result.encoded.kind !== 'cube') return null;
  target.take(result.encoded);
  return { kind: 'cube', cube: result.encoded.cube };
}

/** The written vertices become one cube; null where that is of no use, or what stands there has to be read the long way to tell why it can not be. */
async function sealWritten(
  content: FrozenContent,
  index: number,
  before: Slot,
  target: CubeTarget,
): Promise<Slot | null> {
  const length = content.slotLength(index);
  const vertices = planWritten(before, length, (vertex) => content.written(index, vertex));
  if (vertices === null || content.refuses(before)) return null;
  const result = await encodeSlot(content.reader, vertices, length, target.encode);
  if (!result.ok) return null;
  const { encoded, inCube, root } = result;
  if (encoded.kind === 'cube') target.take(encoded);
  let made = 0;
  const stored = vertices.map((vertex, i): StoredVertex | null => {
    if (vertex.kind === 'kept') return vertex;
    const fresh = encoded.kind === 'cube' && (inCube & (1 << i)) !== 0;
    return fresh ? { cube: encoded.cube, from: made++ } : null;
  });
  const pieces = piecesOf(stored);
  return pieces.every(({ kind }) => kind === 'hole') ? { kind: 'hole' } : { kind: 'pieces', root, pieces };
}

/** Encrypts a slot as if all of it was new: as one cube, but for what is zero. @throws NativeError */
export async function sealAnew(bytes: Buffer, target: CubeTarget): Promise<Slot> {
  const runs = zeroRuns(bytes);
  if (runs === null) {
    const cube = await sealBytes(bytes, target);
    return cube === null ? { kind: 'hole' } : { kind: 'cube', cube };
  }
  if (runs.every(({ zero }) => zero)) return { kind: 'hole' };
  const vertices: (StoredVertex | null)[] = [];
  for (const { zero, first, count } of runs) {
    const part = bytes.subarray(first * vertexBytes, (first + count) * vertexBytes);
    const cube = zero ? null : await sealBytes(part, target);
    for (let from = 0; from < count; from++) vertices.push(cube === null ? null : { cube, from });
  }
  return { kind: 'pieces', root: rootOfBlocks(bytes), pieces: piecesOf(vertices) };
}

/** Null for zeros. */
async function sealBytes(bytes: Buffer, target: CubeTarget): Promise<CubeRef | null> {
  const encoded = await encodeBuffer(bytes, target.encode);
  if (encoded.kind !== 'cube') return null;
  target.take(encoded);
  return encoded.cube;
}
