import type { SlotRun } from './holes.js';
import type { SealedSlot } from './stored.js';
import type { Vertex } from './vertex.js';

/** What the journal has to be told of a file beside written blocks: the least length since it was told last, what became holes, and slots that were put in as wholes. */
export interface Marks {
  readonly cut: number;
  readonly holes: Iterable<SlotRun>;
  readonly slots: ReadonlySet<number>;
}

/** Content that the journal was not told of. */
export interface Untold {
  readonly length: number;
  readonly slots: ReadonlyMap<number, SealedSlot>;
  readonly vertices: ReadonlyMap<number, Vertex>;
  readonly marks: Marks;
  readonly release: () => void;
}
