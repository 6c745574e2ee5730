/** The whole log, read once: what the tables beside it should hold, and the trees of every object that is kept. */
import type { Manifest } from '../manifest/manifest.js';
import { nodeId } from '../manifest/object-tree.js';
import type { Collect, Layout, Put } from '../manifest/records.js';
import { inlineNode } from '../manifest/state.js';
import type { PutRow } from '../manifest/tables.js';
import type { Tile } from '../manifest/tiles.js';

/** An object as it lies in cubes: equal content can lie in others, too. */
export interface ObjectTreeRoot {
  readonly length: number;
  /** The root node; null for a large one, which stands in its record. */
  readonly node: Buffer | null;
  readonly nodeId: Buffer;
  /** Log index of the first put or layout with it. */
  readonly record: number;
  /** Versions that are kept and show it. */
  versions: number;
}

export interface LogReading {
  readonly size: number;
  readonly puts: readonly PutRow[];
  /** Full tiles that are not in their table as they should be. */
  readonly wrongTiles: readonly Tile[];
  readonly missingTiles: number;
  /** Versions that were not given up. */
  readonly versions: number;
  /** Where the content of every object is that was not given up, by {@link keyOf}. */
  readonly trees: ReadonlyMap<string, ObjectTreeRoot>;
  /** The one that has the content of a version now; undefined where that was given up. */
  treeOf(put: Put, index: number): string | undefined;
}

/** @throws SherinError MANIFEST_BROKEN: nothing of a log that does not verify is used */
export async function readLog(
  manifest: Manifest,
  progress: (done: number, total: number) => void,
): Promise<LogReading> {
  const { size } = manifest.head;
  const puts: PutRow[] = [];
  const wrongTiles: Tile[] = [];
  const kept = new Kept();
  let missingTiles = 0;
  await manifest.walkLog({
    record: (index, { mutation }) => {
      if (mutation.type === 'collect') kept.collect(mutation);
      if (mutation.type === 'layout') kept.layOut(mutation, index);
      if (mutation.type !== 'put') return;
      puts.push([mutation.inode, index]);
      kept.put(mutation, index);
    },
    tile: (tile) => {
      const stored = manifest.tables.tile(tile.level, tile.index);
      if (stored === undefined) missingTiles += 1;
      else if (same(tile.root, stored.root) && same(tile.hashes, stored.hashes)) return;
      wrongTiles.push(tile);
    },
    progress,
  });
  const { versions, trees } = kept.end(puts);
  const treeOf = (put: Put, index: number) => kept.treeOf(put, index);
  return { size, puts, wrongTiles, missingTiles, versions, trees, treeOf };
}

/** What versions have, by the order of the records: content belongs to the object, and is where the last put or layout of it says. */
class Kept {
  readonly #trees = new Map<string, ObjectTreeRoot>();
  /** Numbers of objects by namespace and tag; each one's tree, null where it was given up; the object of each put, in order. */
  readonly #numbers = new Map<string, number>();
  readonly #places: (string | null)[] = [];
  readonly #lengths: number[] = [];
  readonly #objects: number[] = [];
  readonly #givenUp = new Set<number>();

  put({ id, node, length }: Put, index: number): void {
    const no = this.#numbers.get(keyOfObject(id)) ?? this.#numbers.size + 1;
    this.#numbers.set(keyOfObject(id), no);
    this.#lengths[no] = length;
    this.#place(no, node, index);
    this.#objects.push(no);
  }

  layOut({ object, node }: Layout, index: number): void {
    this.#place(object, node, index);
  }

  #place(no: number, node: Buffer, record: number): void {
    const root = { length: this.#lengths[no] ?? 0, nodeId: nodeId(node) };
    const key = keyOf(root);
    const small = node.length > inlineNode ? null : node;
    if (!this.#trees.has(key)) this.#trees.set(key, { ...root, node: small, record, versions: 0 });
    this.#places[no] = key;
  }

  collect({ puts, objects }: Collect): void {
    for (const put of puts) this.#givenUp.add(put);
    for (const no of objects) this.#places[no] = null;
  }

  treeOf({ id }: Put, index: number): string | undefined {
    if (this.#givenUp.has(index)) return undefined;
    return this.#places[this.#numbers.get(keyOfObject(id)) ?? 0] ?? undefined;
  }

  /** @param puts all that it was told of */
  end(puts: readonly PutRow[]): Pick<LogReading, 'versions' | 'trees'> {
    const needed = new Set(this.#places);
    for (const key of this.#trees.keys()) if (!needed.has(key)) this.#trees.delete(key);
    let versions = 0;
    for (const [at, [, index]] of puts.entries()) {
      if (this.#givenUp.has(index)) continue;
      versions += 1;
      const tree = this.#trees.get(this.#places[this.#objects[at] ?? 0] ?? '');
      if (tree !== undefined) tree.versions += 1;
    }
    return { versions, trees: this.#trees };
  }
}

function keyOfObject({ namespace, tag }: Put['id']): string {
  return `${tag.toString('latin1')}${namespace}`;
}

/** Names an object by how it lies in cubes. */
export function keyOf({ nodeId, length }: Pick<ObjectTreeRoot, 'nodeId' | 'length'>): string {
  return `${nodeId.toString('latin1')}${length}`;
}

/** Whether a value of a table, which may be anything, is these bytes. */
export function same(bytes: Buffer, value: unknown): boolean {
  return Buffer.isBuffer(value) && bytes.equals(value);
}
