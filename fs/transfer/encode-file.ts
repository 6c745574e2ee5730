/** The content of one source file, slot by slot, from a descriptor to cubes. */
import { SherinError } from '../../common/errors.js';
import type {
  Begun,
  Encoded,
  EncodedCube,
  EncodeOptions,
  Encoder,
  Extent,
  NativeError,
} from '../../native/index.js';
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

/** What takes the cubes of a file. */
export interface EncodedSlots {
  /** Takes a cube; its temporary file is no longer the encoder's. @throws when the import has failed meanwhile */
  take(encoded: EncodedCube): void;
  /** Waits until more may be taken. */
  room(): Promise<void>;
  /** Told of bytes read from the source. */
  read(bytes: number): void;
}

/**
 * Encrypts a file; when it settles no thread reads the descriptor any more.
 * @throws SherinError USAGE for what is no regular file, IO when the file became shorter; errors of the encoder and of `slots`
 */
export async function encodeFile(
  encoder: Encoder,
  fd: number,
  options: EncodeOptions,
  slots: EncodedSlots,
): Promise<FileContent> {
  const [begun] = await encoder.begin([fd], [options.owner], options);
  return encodeBegun(encoder, begun, fd, options, slots);
}

/** As {@link encodeFile}, of a file that was begun with others. */
export async function encodeBegun(
  encoder: Encoder,
  begun: Begun | NativeError | undefined,
  fd: number,
  options: EncodeOptions,
  slots: EncodedSlots,
): Promise<FileContent> {
  if (begun === undefined || begun instanceof Error) throw begun;
  const { extent, whole } = begun;
  if (extent === null) throw new SherinError('USAGE', { what: 'it is not a regular file' });
  const builder = new ObjectTreeBuilder();
  if (whole === null) await pushSlots(builder, encoder, fd, extent, options, slots);
  else builder.push(taken(whole, extent.size, slots));
  const { root, node, nodes } = builder.done(extent.size);
  return { length: extent.size, root, node, nodes, owner: options.owner };
}

/** Encrypts a file slot by slot, a few at a time. */
async function pushSlots(
  builder: ObjectTreeBuilder,
  encoder: Encoder,
  fd: number,
  first: Extent,
  options: EncodeOptions,
  slots: EncodedSlots,
): Promise<void> {
  const length = first.size;
  const count = Math.ceil(length / slotBytes);
  const window: Promise<Slot>[] = [];
  const encode = async (offset: number, bytes: number) =>
    taken(await encoder.encode(fd, offset, bytes, options), bytes, slots);
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
      const slot = encode(offset, Math.min(slotBytes, length - offset));
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
}

/** Moves the oldest slots to the tree until `left` are under way; one that fails leaves the others in the window. */
async function drain(window: Promise<Slot>[], builder: ObjectTreeBuilder, left: number): Promise<void> {
  while (window.length > left) {
    const oldest = window.shift();
    if (oldest !== undefined) builder.push(await oldest);
  }
}

/** What was read of `length` bytes, as a slot. @throws SherinError IO when there were fewer; what `slots` throws */
function taken(encoded: Encoded, length: number, slots: EncodedSlots): Slot {
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
