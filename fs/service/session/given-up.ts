import { SherinError } from '../../../common/errors.js';
import { type CubeId, cubeIdFromBytes } from '../../../common/ids.js';
import type { CubeRef } from '../../../native/index.js';
import type { PastTree } from '../../history/past-tree.js';
import { givenUpText } from '../../history/restore.js';
import type { Mutation } from '../../manifest/records.js';
import { isCollected, type ObjectInfo, type Tree } from '../../manifest/tree.js';

/** What gc and destroy took away: who still asks for it is told that. */
export class GivenUpContent {
  /** Puts that a tree of the past shows and nobody keeps. */
  readonly #puts = new WeakMap<Tree, ReadonlySet<number>>();
  /** Cubes that were removed in this run. */
  readonly #cubes = new Set<CubeId>();

  /** A tree of the past is looked at. */
  noteTree({ tree, givenUp }: PastTree): void {
    this.#puts.set(tree, givenUp);
  }

  /** Trees of the past show what is given up now, and do not give it out. */
  noteCommit(mutations: readonly Mutation[], past: Iterable<Promise<PastTree>>): void {
    const collected = mutations.flatMap((mutation) => (mutation.type === 'collect' ? mutation.puts : []));
    if (collected.length === 0) return;
    const note = ({ givenUp }: PastTree): void => {
      for (const put of collected) givenUp.add(put);
    };
    for (const tree of past) tree.then(note).catch(() => undefined);
  }

  noteRemoved(cubes: Iterable<CubeId>): void {
    for (const id of cubes) this.#cubes.add(id);
  }

  /** They are there again. */
  noteStored(cubes: Iterable<CubeRef>): void {
    if (this.#cubes.size > 0) for (const { id } of cubes) this.#cubes.delete(cubeIdFromBytes(id));
  }

  hasVersion(ino: number | null, object: ObjectInfo, tree: Tree): boolean {
    if (isCollected(object)) return true;
    const puts = this.#puts.get(tree);
    const put = ino === null || puts === undefined ? undefined : tree.inode(ino)?.putIndex;
    return put !== undefined && puts?.has(put) === true;
  }

  /** @throws SherinError VERSION_COLLECTED */
  requireVersion(ino: number | null, object: ObjectInfo | null, tree: Tree): void {
    if (object !== null && this.hasVersion(ino, object, tree))
      throw new SherinError('VERSION_COLLECTED', { what: object.id, part: givenUpText() });
  }

  /** @throws SherinError VERSION_COLLECTED */
  requireCube(id: CubeId): void {
    if (this.#cubes.has(id))
      throw new SherinError('VERSION_COLLECTED', { what: `cube ${id}`, part: givenUpText() });
  }
}
