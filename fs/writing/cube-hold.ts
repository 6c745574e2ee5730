import type { CubeLock, Release } from '../cube/cube-lock.js';
import type { Slot } from '../manifest/object-tree.js';
import type { Contents } from './contents.js';
import type { WorkingTree } from './working-tree.js';

/** The shared hold of all that was written and not committed: taken with the first step that relies on cubes, kept while anything does. */
export class CubeHold {
  readonly #lock: CubeLock;
  readonly #relied: () => boolean;
  #steps = 0;
  #encoding = 0;
  #admitted = false;
  #held: Promise<Release> | null = null;

  /** @param relied whether content in memory stands on cubes that no record refers to */
  constructor(lock: CubeLock, relied: () => boolean) {
    this.#lock = lock;
    this.#relied = relied;
  }

  /** Runs a step that makes or relies on cubes. Not in the manifest's turn, where who removes cubes may be waiting. */
  async during<T>(step: () => Promise<T>): Promise<T> {
    this.#steps += 1;
    this.#held ??= this.#lock.shared();
    try {
      await this.#held;
      this.#admitted = true;
      return await step();
    } finally {
      this.#steps -= 1;
      this.#giveBack();
    }
  }

  /** Runs a step, with whosever hold, that may meet a cube which is there, and rely on that one. */
  async encoding<T>(step: () => Promise<T>): Promise<T> {
    this.#encoding += 1;
    try {
      return await step();
    } finally {
      this.#encoding -= 1;
    }
  }

  /** Nobody relies on cubes that no record refers to, beside content in memory. */
  get isIdle(): boolean {
    return this.#encoding === 0 && this.#lock.holders === (this.#admitted ? 1 : 0);
  }

  #giveBack(): void {
    if (this.#steps > 0 || this.#relied()) return;
    this.#held?.then((release) => release()).catch(() => undefined);
    this.#held = null;
    this.#admitted = false;
  }
}

/** Every slot that programs have in cubes and in no version. */
export function* aheadSlots(contents: Contents, working: WorkingTree): Iterable<Slot> {
  for (const { content } of contents.all()) yield* content.aheadSlots();
  for (const change of working.uncommitted())
    if (change.type === 'version') for (const { slot } of change.frozen.slots.values()) yield slot;
}

/**
 * Whether content in memory stands on cubes that no record refers to. A file without a name never gets a record, and the journal would
 * not bring it back: as long as a program has it, who removes cubes leaves those that Writing.inCubes tells of.
 */
export function reliesOnCubes(contents: Contents, working: WorkingTree): boolean {
  const [uncommitted] = working.uncommitted();
  for (const { ino, content } of contents.all())
    if (content.standsOnCubes && (uncommitted !== undefined || !working.isOrphan(ino))) return true;
  return false;
}
