/** What the journal says of content: all that it was not told yet. */
import { slotBytes, vertexBytes } from '../../manifest/index-node.js';
import type { FrozenContent } from '../frozen-content.js';
import type { Marks } from '../marks.js';
import type { SealedSlot } from '../stored.js';
import type { Vertex } from '../vertex.js';
import type { Entry } from './entries.js';

/** Content as it is now, or as it was frozen. */
export interface Described {
  readonly length: number;
  readonly slots: ReadonlyMap<number, SealedSlot>;
  readonly vertices: ReadonlyMap<number, Vertex>;
}

interface Naming {
  readonly inode: number;
  readonly version: number;
  /** Time of the last write. */
  readonly written: bigint;
}

/** Marks written blocks as told. Cuts come first, then holes, slots, blocks: each stands above what came before. */
export function* describe(content: Described, marks: Marks, naming: Naming): Iterable<Entry> {
  const { inode, version, written } = naming;
  const { length } = content;
  const cut = Math.min(marks.cut, length);
  yield { type: 'length', inode, version, cut, length, written };
  for (const { first, end } of marks.holes)
    yield { type: 'holes', inode, version, first, count: end - first };
  for (const index of marks.slots) {
    const sealed = content.slots.get(index);
    if (sealed === undefined) continue;
    const limit = Math.min(sealed.limit, slotBytes);
    yield { type: 'slot', inode, version, index, limit, slot: sealed.slot };
  }
  for (const [index, vertex] of content.vertices) {
    if (vertex.untoldBytes === 0) continue;
    const start = index * vertexBytes;
    for (const [from, end] of vertex.tell()) {
      const to = Math.min(end, length - start);
      if (to > from)
        yield { type: 'data', inode, version, offset: start + from, bytes: vertex.part(from, to) };
    }
  }
}

/** As {@link describe}, of content that becomes a version. */
export function describeFrozen(frozen: FrozenContent, naming: Naming): Iterable<Entry> {
  const marks = frozen.marks ?? { cut: frozen.length, holes: [], slots: new Set() };
  return describe(frozen, marks, naming);
}
