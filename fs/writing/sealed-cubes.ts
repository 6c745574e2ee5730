/** The cubes of one transaction, which are on disk before it. */
import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import type { CubeRef, EncodedCube } from '../../native/index.js';
import type { CubeStore, StagedCube } from '../cube/store.js';

export interface SealedCubesParts {
  readonly store: CubeStore;
  /** Cubes that are refused now. */
  readonly refused: { has(cube: CubeId): boolean };
}

export class SealedCubes {
  /** All of them, for their rows. */
  readonly refs: CubeRef[] = [];
  /** Those that were refused, and have a good copy now. */
  readonly healed = new Set<CubeId>();
  readonly #parts: SealedCubesParts;
  readonly #staged = new Map<CubeId, StagedCube>();
  readonly #known = new Set<CubeId>();

  constructor(parts: SealedCubesParts) {
    this.#parts = parts;
  }

  take({ cube, temporary }: EncodedCube): void {
    const { refused, store } = this.#parts;
    const id = cubeIdFromBytes(cube.id);
    if (refused.has(id)) this.healed.add(id);
    if (!this.#known.has(id)) this.refs.push(cube);
    this.#known.add(id);
    if (temporary === null) return;
    if (this.#staged.has(id)) store.discard(temporary);
    else this.#staged.set(id, { id, temporary });
  }

  /** Makes them durable. */
  store(): Promise<void> {
    return this.#parts.store.commit([...this.#staged.values()]);
  }

  /** They can be read when it resolves, and their names become durable with what is stored next, see {@link CubeStore.place}. */
  place(): Promise<void> {
    return this.#parts.store.place([...this.#staged.values()]);
  }

  /** Those that were not there before, or were no good. */
  stored(): Iterable<CubeId> {
    return this.#staged.keys();
  }

  /** Drops those that are not stored. */
  discard(): void {
    for (const { temporary } of this.#staged.values()) this.#parts.store.discard(temporary);
  }
}
