import type { ObjectContent } from '../cube/content.js';
import { encodeSlots, fanOut } from '../manifest/index-node.js';
import { type Slot, slotsAround } from '../manifest/object-tree.js';
import type { Tree } from '../manifest/tree.js';

/** Content that is in cubes. */
export interface Stored {
  readonly length: number;
  /** Root node of its index tree. */
  readonly node: Buffer;
}

/** What a file has that was never put. */
export const nothingStored: Stored = { length: 0, node: encodeSlots([]) };

/** A slot (1 MiB of the file) that is in cubes and in no version yet. */
export interface SealedSlot {
  readonly slot: Slot;
  /** Bytes of it that count; zeros follow. */
  readonly limit: number;
  readonly content: ObjectContent;
  /** When it was taken, in the order of the file's frozen states. */
  readonly moment: number;
}

/** A slot of `length` bytes as content of its own. */
export function storedSlot(slot: Slot, length: number): Stored {
  return { length, node: encodeSlots([slot]) };
}

/** A slot of content. @param load an index node by ID */
export function slotOf({ node }: Stored, index: number, load: (id: Buffer) => Buffer): Slot | null {
  return slotsAround(node, index, load).slots[index % fanOut] ?? null;
}

/** The last version of a file that is in the manifest; null: it has none. */
export function storedOf(tree: Tree, ino: number): Stored | null {
  const object = tree.object(tree.inode(ino)?.object ?? 0);
  return object === undefined ? null : { length: object.length, node: object.node };
}
