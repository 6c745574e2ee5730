import { SherinError } from '../../../common/errors.js';
import { type PastTree, pastTree } from '../../history/past-tree.js';
import type { Manifest } from '../../manifest/manifest.js';
import type { Mutation } from '../../manifest/records.js';
import type { Tree } from '../../manifest/tree.js';
import type { GivenUpContent } from './given-up.js';

/** Trees of the past that somebody looks at. */
export class PastTrees {
  readonly #manifest: Manifest;
  readonly #givenUp: GivenUpContent;
  readonly #made = new Map<bigint, Promise<PastTree>>();
  #closed = false;

  constructor(manifest: Manifest, givenUp: GivenUpContent) {
    this.#manifest = manifest;
    this.#givenUp = givenUp;
  }

  /** The tree as it was before a time (nanoseconds since 1970), made once. @throws as {@link pastTree} */
  async at(end: bigint): Promise<Tree> {
    const made = this.#made.get(end) ?? pastTree(this.#manifest, end);
    this.#made.set(end, made);
    try {
      const past = await made;
      if (this.#closed) throw new SherinError('LOCKED');
      this.#givenUp.noteTree(past);
      return past.tree;
    } catch (error) {
      if (this.#made.get(end) === made) this.#made.delete(end);
      throw this.#closed ? new SherinError('LOCKED', {}, { cause: error }) : error;
    }
  }

  /** Nobody looks at the tree of that time any more. */
  drop(end: bigint): void {
    this.#made
      .get(end)
      ?.then(({ wipe }) => wipe())
      .catch(() => undefined);
    this.#made.delete(end);
  }

  /** What was committed is no longer given out by them, where it gives something up. */
  noteCommit(mutations: readonly Mutation[]): void {
    this.#givenUp.noteCommit(mutations, this.#made.values());
  }

  close(): void {
    this.#closed = true;
    for (const end of [...this.#made.keys()]) this.drop(end);
  }
}
