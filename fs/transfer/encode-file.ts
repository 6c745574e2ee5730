/** The content of one source file, slot by slot, from a descriptor to cubes. */
import { SherinError } from '../../common/errors.js';
import type { Encoded, EncodeOptions, Encoder, Extent } from '../../native/index.js';
import { slotBytes } from '../manifest/index-node.js';
import { ObjectTreeBuilder, type Slot } from '../manifest/object-tree.js';

/** Slots of one file that are encrypted at the same time. */
const slotsInFlight = 6;

export interface FileContent {
  readonly length: number;
  readonly root: Buffer;
  readonly node: Buffer;
  readonly nodes: Buffer[];
  /** uid that its IDs depend on. */
  readonly owner: number;
}

export interface SourceFile {
  readonly fd: number;
  /** As it was when the import came to it. */
  readonly extent: Extent;
}

/** What takes the cubes of a file. */
export interface EncodedSlots {
  /** Takes a cube; its temporary file is no longer the encoder's. @throws when the import has failed meanwhile */
  take(encoded: Extract<Encoded, { kind: 'cube' }>): void;
  /** Waits until more may be taken. */
  room(): Promise<void>;
  /** Told of bytes read from the source. */
  read(bytes: number): void;
}

/**
 * Encrypts a file, a few slots at a time; when it settles no thread reads the descriptor any more.
 * @throws SherinError IO when the file became shorter; errors of the encoder and of `slots`
 */
export async function encodeFile(
  encoder: Encoder,
  { fd, extent: first }: SourceFile,
  options: EncodeOptions,
  slots: EncodedSlots,
): Promise<FileContent> {
  const length = first.size;
  const count = Math.ceil(length / slotBytes);
  const builder = new ObjectTreeBuilder();
  const window: Promise<Slot>[] = [];
  let extent = first;
  try {
    for (let index = 0; index < count; ) {
      const offset = index * slotBytes;
      if (extent.data !== null && offset >= extent.hole)
        extent = (await encoder.extent(fd, offset)) ?? extent;
      const dataSlot = extent.data === null ? count : Math.min(count, Math.floor(extent.data / slotBytes));
      if (dataSlot > index) {
        await drain(window, builder, 0);
        builder.pushHoles(dataSlot - index);
        slots.read((dataSlot - index) * slotBytes);
        index = dataSlot;
        continue;
      }
      const slot = encodeSlot(encoder, fd, offset, Math.min(slotBytes, length - offset), options, slots);
      // Awaited later, in order: a failure in between must not count as unhandled.
      slot.catch(() => undefined);
      window.push(slot);
      index += 1;
      await drain(window, builder, slotsInFlight - 1);
      await slots.room();
    }
    await drain(window, builder, 0);
  } finally {
    await Promise.allSettled(window);
  }
  const { root, node, nodes } = builder.done(length);
  return { length, root, node, nodes, owner: options.owner };
}

/** Moves the oldest slots to the tree until `left` are under way; one that fails leaves the others in the window. */
async function drain(window: Promise<Slot>[], builder: ObjectTreeBuilder, left: number): Promise<void> {
  while (window.length > left) {
    const oldest = window.shift();
    if (oldest !== undefined) builder.push(await oldest);
  }
}

async function encodeSlot(
  encoder: Encoder,
  fd: number,
  offset: number,
  length: number,
  options: EncodeOptions,
  slots: EncodedSlots,
): Promise<Slot> {
  const encoded = await encoder.encode(fd, offset, length, options);
  slots.read(length);
  if (encoded.kind === 'hole') return { kind: 'hole' };
  if (encoded.kind === 'short') {
    throw new SherinError('IO', {
      what: 'reading the source',
      part: 'it became shorter while it was read',
    });
  }
  slots.take(encoded);
  return { kind: 'cube', cube: encoded.cube };
}
