/** From frozen content to cubes: what changed is encrypted slot by slot on the codec's threads, the rest stays as it is. */
import {
  type CubeRef,
  type Encoded,
  type EncodeOptions,
  encodeBuffer,
  rootOfBlocks,
  system,
} from '../../native/index.js';
import { slotBytes, slotCount, vertexBytes } from '../manifest/index-node.js';
import { type ObjectTree, ObjectTreeBuilder, type Piece, type Slot } from '../manifest/object-tree.js';
import type { FrozenContent } from './frozen-content.js';
import { type PlannedPiece, planPieces } from './slot-pieces.js';

/** Slots of all files that are put together and encrypted at one time, 1 MiB each. */
const slotsInFlight = 4;

export interface CubeTarget {
  readonly encode: EncodeOptions;
  /** Takes a cube that was encrypted, with its temporary file if it has one. */
  readonly take: (encoded: Extract<Encoded, { kind: 'cube' }>) => void;
}

export interface SealTarget extends CubeTarget {
  /** An index node by ID. */
  readonly node: (id: Buffer) => Buffer;
}

/** Buffers of 1 MiB for plaintext, as many as slots may be under way. */
export class SlotBuffers {
  readonly #free: Buffer[] = [];
  readonly #waiting: (() => void)[] = [];
  #made = 0;

  /** Runs a step with a buffer of `length` bytes, which is wiped after it. */
  async with<T>(length: number, step: (buffer: Buffer) => Promise<T>): Promise<T> {
    const buffer = await this.#take();
    const used = buffer.subarray(0, length);
    try {
      return await step(used);
    } finally {
      system.wipe(used);
      this.#free.push(buffer);
      this.#waiting.shift()?.();
    }
  }

  async #take(): Promise<Buffer> {
    for (;;) {
      const free = this.#free.pop();
      if (free !== undefined) return free;
      if (this.#made < slotsInFlight) {
        this.#made += 1;
        return system.plaintext(slotBytes);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

/** Encrypts one slot as it was frozen. @throws SherinError where bytes beside the written ones can not be read, NativeError */
export function sealSlot(
  content: FrozenContent,
  index: number,
  target: SealTarget,
  buffers: SlotBuffers,
): Promise<Slot> {
  return buffers.with(content.slotLength(index), async (bytes) => {
    await content.assemble(index, bytes);
    const before = content.slotBefore(index, target.node);
    const pieces = planPieces({ bytes, before, changed: (vertex) => content.isWritten(index, vertex) });
    return sealPlanned(bytes, pieces, target);
  });
}

/** Encrypts a slot as if all of it was new: as one cube, but for what is zero. @throws NativeError */
export function sealAnew(bytes: Buffer, target: CubeTarget): Promise<Slot> {
  return sealPlanned(bytes, planPieces({ bytes, before: null, changed: () => true }), target);
}

async function sealPlanned(
  bytes: Buffer,
  pieces: readonly PlannedPiece[] | null,
  target: CubeTarget,
): Promise<Slot> {
  if (pieces !== null) return sealPieces(bytes, pieces, target);
  const cube = await sealBytes(bytes, target);
  return cube === null ? { kind: 'hole' } : { kind: 'cube', cube };
}

async function sealPieces(
  bytes: Buffer,
  planned: readonly PlannedPiece[],
  target: CubeTarget,
): Promise<Slot> {
  if (planned.every(({ kind }) => kind === 'hole')) return { kind: 'hole' };
  const pieces: Piece[] = [];
  for (const piece of planned) {
    const { first, count: vertices } = piece;
    const part = bytes.subarray(first * vertexBytes, (first + vertices) * vertexBytes);
    const cube = piece.kind === 'new' ? await sealBytes(part, target) : null;
    if (piece.kind === 'kept') pieces.push({ kind: 'cube', vertices, first: piece.from, cube: piece.cube });
    else if (cube !== null) pieces.push({ kind: 'cube', vertices, first: 0, cube });
    else pieces.push({ kind: 'hole', vertices });
  }
  return { kind: 'pieces', root: rootOfBlocks(bytes), pieces };
}

/** Null for zeros. */
async function sealBytes(bytes: Buffer, target: CubeTarget): Promise<CubeRef | null> {
  const encoded = await encodeBuffer(bytes, target.encode);
  if (encoded.kind !== 'cube') return null;
  target.take(encoded);
  return encoded.cube;
}

/** Seals all of it. @throws as {@link sealSlot} */
export async function sealContent(
  content: FrozenContent,
  target: SealTarget,
  buffers: SlotBuffers,
): Promise<ObjectTree> {
  const builder = new ObjectTreeBuilder();
  let pushed = 0;
  const push = (index: number, slot: Slot): void => {
    builder.pushHoles(index - pushed);
    builder.push(slot);
    pushed = index + 1;
  };
  const window: { readonly index: number; readonly slot: Promise<Slot> }[] = [];
  const drain = async (left: number): Promise<void> => {
    while (window.length > left) {
      const oldest = window.shift();
      if (oldest !== undefined) push(oldest.index, await oldest.slot);
    }
  };
  try {
    for (const { index, slot } of content.plan(target.node)) {
      if (slot !== null && window.length === 0) {
        push(index, slot);
        continue;
      }
      const made = slot === null ? sealSlot(content, index, target, buffers) : Promise.resolve(slot);
      // Awaited in order: one that fails before its turn must not count as unhandled.
      made.catch(() => undefined);
      window.push({ index, slot: made });
      await drain(slotsInFlight - 1);
    }
    await drain(0);
  } finally {
    await Promise.allSettled(window.map(({ slot }) => slot));
  }
  builder.pushHoles(slotCount(content.length) - pushed);
  return builder.done(content.length);
}
