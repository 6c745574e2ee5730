import type { CubeId } from '../../../common/ids.js';
import type { Tree } from '../../manifest/tree.js';

/** Cubes whose content is refused: from the moment of failure, before the manifest has the record, and where it can't be written. */
export class RefusedCubes {
  readonly #tree: Tree;
  readonly #condemned = new Set<CubeId>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  get some(): boolean {
    if (this.#condemned.size > 0) return true;
    const [any] = this.#tree.quarantine();
    return any !== undefined;
  }

  has(cube: CubeId): boolean {
    return this.#condemned.has(cube) || this.#tree.quarantined(cube) !== undefined;
  }

  condemn(cube: CubeId): void {
    this.#condemned.add(cube);
  }

  /** A good copy is in place; the manifest's record ends by itself. */
  pardon(cube: CubeId): void {
    this.#condemned.delete(cube);
  }
}
