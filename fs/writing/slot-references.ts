/** Which slots of a file can be another's as they are, without a byte being read. */
import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import { cubesOf } from '../cube/catalog.js';
import { slotBytes } from '../manifest/index-node.js';
import type { Slot } from '../manifest/object-tree.js';
import type { Tree } from '../manifest/tree.js';
import type { FilePlace } from '../mount/source.js';
import type { Contents } from './contents.js';
import { slotOf, storedOf } from './stored.js';
import type { UnsealedContent } from './unsealed-content.js';

/** What has to be known of cubes. */
export interface CubeFacts {
  /** An index node by ID. */
  readonly node: (id: Buffer) => Buffer;
  /** Those that are refused now. */
  readonly refused: { has(cube: CubeId): boolean };
  /** They depend on the owner's uid. */
  readonly owned: boolean;
}

/** Told of a file that has a cube ahead of a version. */
export type CubeUsed = (cube: CubeId, ino: number) => void;

/** Bytes of one call, during which nobody else has their turn. */
const mostBytes = 64 * slotBytes;

export class SlotReferences {
  readonly #tree: Tree;
  readonly #contents: Contents;
  readonly #cubes: CubeFacts;
  readonly #used: CubeUsed;

  constructor(tree: Tree, contents: Contents, cubes: CubeFacts, used: CubeUsed) {
    this.#used = used;
    this.#tree = tree;
    this.#contents = contents;
    this.#cubes = cubes;
  }

  /** Whether the first of `length` bytes can be copied so. */
  possible(from: FilePlace, to: FilePlace, length: number): boolean {
    const aligned = from.offset % slotBytes === 0 && to.offset % slotBytes === 0;
    return aligned && this.#areAlike(from.ino, to.ino) && this.#take(from, length) !== null;
  }

  /**
   * Has slots of one file stand in another, as many as there are from the first on. In turn of its content.
   * @returns bytes; what comes behind has to be read
   */
  copy(from: FilePlace, to: FilePlace, content: UnsealedContent, length: number): number {
    let done = 0;
    while (done < Math.min(length, mostBytes)) {
      const taken = this.#take({ ino: from.ino, offset: from.offset + done }, length - done);
      const at = to.offset + done;
      // Behind the end of a shorter one the target goes on with bytes of its own.
      if (taken === null || (taken.length < slotBytes && content.length > at + taken.length)) break;
      content.placeSlot(at / slotBytes, taken.slot, taken.length);
      for (const { id } of cubesOf(taken.slot)) this.#used(cubeIdFromBytes(id), to.ino);
      done += taken.length;
      if (taken.length < slotBytes) break;
    }
    return done;
  }

  /** Equal bytes of both are equal cubes. */
  #areAlike(one: number, other: number): boolean {
    return !this.#cubes.owned || this.#tree.inode(one)?.uid === this.#tree.inode(other)?.uid;
  }

  /** Null where some of the slot is not in cubes, not wanted, or in a cube that is refused: a read says why. */
  #take(from: FilePlace, wanted: number): { readonly slot: Slot; readonly length: number } | null {
    const index = from.offset / slotBytes;
    const { slot, size } = this.#slotAt(from.ino, index);
    const length = Math.min(slotBytes, size - from.offset);
    if (slot === null || length <= 0 || length > wanted) return null;
    const isRefused = cubesOf(slot).some((cube) => this.#cubes.refused.has(cubeIdFromBytes(cube.id)));
    return isRefused ? null : { slot, length };
  }

  #slotAt(ino: number, index: number): { readonly slot: Slot | null; readonly size: number } {
    const { node } = this.#cubes;
    const unsealed = this.#contents.get(ino)?.content;
    if (unsealed !== undefined) return { slot: unsealed.slotAt(index, node), size: unsealed.length };
    const stored = storedOf(this.#tree, ino);
    const size = stored?.length ?? 0;
    return { slot: stored === null || index * slotBytes >= size ? null : slotOf(stored, index, node), size };
  }
}
