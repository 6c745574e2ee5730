/** Cubes that this run has stored and no version has: the space of those that nothing stands on any more is given back. */
import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import type { CubeRef } from '../../native/index.js';
import { cubesOf } from '../cube/catalog.js';
import type { CubeStore } from '../cube/store.js';
import type { Slot } from '../manifest/object-tree.js';

export interface AheadCubesParts {
  readonly store: CubeStore;
  /** Every slot that programs have in cubes and in no version. */
  readonly slots: () => Iterable<Slot>;
  /** Whether the journal may name cubes of a file. */
  readonly names: (ino: number) => boolean;
  /** Whether a version may have a cube: one that was missing for long, or refused, is there again. */
  readonly recorded: (cube: CubeId) => boolean;
  /** A cube is about to go. */
  readonly drop: (cube: CubeId) => void;
}

export class AheadCubes {
  readonly #parts: AheadCubesParts;
  /** With the files that had them. */
  readonly #cubes = new Map<CubeId, Set<number>>();

  constructor(parts: AheadCubesParts) {
    this.#parts = parts;
  }

  /** A cube was stored that was not there. */
  made(id: CubeId): void {
    if (!this.#cubes.has(id)) this.#cubes.set(id, new Set());
  }

  /** A file has a cube ahead of a version: the journal may come to name it. */
  used(id: CubeId, ino: number): void {
    this.#cubes.get(id)?.add(ino);
  }

  /** Cubes are in a version. */
  committed(cubes: readonly CubeRef[]): void {
    if (this.#cubes.size > 0) for (const { id } of cubes) this.#cubes.delete(cubeIdFromBytes(id));
  }

  /** Removes those that nothing needs. Only while nobody else relies on cubes that no record refers to. */
  sweep(): void {
    const { store, drop, recorded } = this.#parts;
    for (const id of [...this.#unneeded()]) {
      this.#cubes.delete(id);
      if (recorded(id)) continue;
      drop(id);
      store.remove(id);
    }
  }

  *#unneeded(): Iterable<CubeId> {
    if (this.#cubes.size === 0) return;
    const { slots, names } = this.#parts;
    const needed = new Set<CubeId>();
    for (const slot of slots()) for (const { id } of cubesOf(slot)) needed.add(cubeIdFromBytes(id));
    for (const [id, files] of this.#cubes) if (!needed.has(id) && ![...files].some(names)) yield id;
  }
}
