import type { Stored } from '../../writing/stored.js';

interface OpenObject extends Stored {
  /** Number of the object. */
  readonly no: number;
}

/** Objects that somebody reads. */
export class OpenObjects {
  readonly #open = new Set<OpenObject>();

  get numbers(): ReadonlySet<number> {
    return new Set(Array.from(this.#open, ({ no }) => no));
  }

  /** As they lay in cubes when they were opened: equal content that was put since can lie in others. */
  contents(): Iterable<Stored> {
    return this.#open;
  }

  /** @returns to be called once, when it is read no more */
  opened(object: OpenObject): () => void {
    const { no, length, node } = object;
    const reader = { no, length, node };
    this.#open.add(reader);
    return () => {
      this.#open.delete(reader);
    };
  }
}
