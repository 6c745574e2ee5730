/** Index nodes that records need beside those that stand in them. */
import { SherinError } from '../../common/errors.js';
import { decodeNode } from '../manifest/index-node.js';

/** Shows each node below what records say once, over all records that it is asked for. */
export class IndexNodes {
  readonly #load: (id: Buffer) => Buffer;
  readonly #seen = new Set<string>();

  /** @param load throws MANIFEST_BROKEN for a node that is not there: of content that was given up */
  constructor(load: (id: Buffer) => Buffer) {
    this.#load = load;
  }

  /** Forgets what it has shown. */
  clear(): void {
    this.#seen.clear();
  }

  /** Those below a root node that stands in a record. */
  *below(node: Buffer): Iterable<Buffer> {
    // Level 0 has slots and no nodes; most files end here.
    if (node.readUInt8(1) === 0) return;
    const decoded = decodeNode(node);
    if (decoded.kind === 'slots') return;
    for (const id of decoded.entries) {
      if (id === null) continue;
      const key = id.toString('latin1');
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      const child = this.#find(id);
      if (child === null) continue;
      yield child;
      yield* this.below(child);
    }
  }

  #find(id: Buffer): Buffer | null {
    try {
      return this.#load(id);
    } catch (error) {
      if (error instanceof SherinError && error.code === 'MANIFEST_BROKEN') return null;
      throw error;
    }
  }
}
