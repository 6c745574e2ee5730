import type { AheadCubes } from './ahead-cubes.js';
import { SealedCubes, type SealedCubesParts } from './sealed-cubes.js';

export interface SealBatchParts extends SealedCubesParts {
  readonly ahead: AheadCubes;
}

/** What one attempt to seal has made so far. */
export class SealBatch extends SealedCubes {
  readonly nodes: Buffer[] = [];
  readonly #ahead: AheadCubes;

  constructor(parts: SealBatchParts) {
    super(parts);
    this.#ahead = parts.ahead;
  }

  override async store(): Promise<void> {
    await super.store();
    this.#made();
  }

  override async place(): Promise<void> {
    await super.place();
    this.#made();
  }

  #made(): void {
    for (const id of this.stored()) this.#ahead.made(id);
  }
}
