/** What the journal says of content: all that it was not told yet. */
import { slotBytes, vertexBytes } from '../../manifest/index-node.js';
import type { FrozenContent } from '../frozen-content.js';
import type { Marks } from '../marks.js';
import type { SealedSlot } from '../stored.js';
import { blockBytes, type Vertex } from '../vertex-pool.js';
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

/** Marks written blocks as told. Cuts come first, then slots, then blocks: each stands above what came before. */
export function* describe(content: Described, marks: Marks, naming: Naming): Iterable<Entry> {
  const { inode, version, written } = naming;
  const { length } = content;
  const cut = Math.min(marks.cut, length);
  yield { type: 'length', inode, version, cut, length, written };
  for (const index of marks.slots) {
    const sealed = content.slots.get(index);
    if (sealed === undefined) continue;
    const limit = Math.min(sealed.limit, slotBytes);
    yield { type: 'slot', inode, version, index, limit, slot: sealed.slot };
  }
  for (const [index, vertex] of content.vertices) {
    const mask = vertex.unjournaled;
    vertex.unjournaled = 0;
    for (const [first, end] of runsOf(mask)) {
      const from = first * blockBytes;
      const offset = index * vertexBytes + from;
      const to = Math.min(end * blockBytes, length - index * vertexBytes);
      if (to > from) yield { type: 'data', inode, version, offset, bytes: vertex.bytes.subarray(from, to) };
    }
  }
}

/** As {@link describe}, of content that becomes a version. */
export function describeFrozen(frozen: FrozenContent, naming: Naming): Iterable<Entry> {
  const marks = frozen.marks ?? { cut: frozen.length, slots: new Set() };
  return describe(frozen, marks, naming);
}

/** Runs of set bits, as first and end. */
function* runsOf(mask: number): Iterable<readonly [first: number, end: number]> {
  for (let bit = 0; bit < 16; bit++) {
    if ((mask & (1 << bit)) === 0) continue;
    const first = bit;
    while ((mask & (1 << (bit + 1))) !== 0) bit += 1;
    yield [first, bit + 1];
  }
}
