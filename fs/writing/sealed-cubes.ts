/** The cubes of one transaction, which are on disk before it. */
import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import type { CubeRef, Encoded } from '../../native/index.js';
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
  readonly #staged: StagedCube[] = [];
  readonly #known = new Set<CubeId>();

  constructor(parts: SealedCubesParts) {
    this.#parts = parts;
  }

  take({ cube, temporary }: Extract<Encoded, { kind: 'cube' }>): void {
    const { refused, store } = this.#parts;
    const id = cubeIdFromBytes(cube.id);
    if (refused.has(id)) this.healed.add(id);
    if (!this.#known.has(id)) this.refs.push(cube);
    if (temporary !== null && this.#known.has(id)) store.discard(temporary);
    else if (temporary !== null) this.#staged.push({ id, temporary });
    this.#known.add(id);
  }

  /** Makes them durable. */
  store(): Promise<void> {
    return this.#parts.store.commit(this.#staged);
  }

  /** Those that were not there before. */
  *stored(): Iterable<CubeId> {
    for (const { id } of this.#staged) yield id;
  }

  /** Drops those that are not stored. */
  discard(): void {
    for (const { temporary } of this.#staged) this.#parts.store.discard(temporary);
  }
}
