/** The whole log, read once: what the tables beside it should hold, and the trees of every object that was ever put. */
import type { Manifest } from '../manifest/manifest.js';
import { nodeId } from '../manifest/object-tree.js';
import type { Put } from '../manifest/records.js';
import { inlineNode } from '../manifest/state.js';
import type { PutRow } from '../manifest/tables.js';
import type { Tile } from '../manifest/tiles.js';

/** An object as it lies in cubes: equal content can lie in others, too. */
export interface ObjectTreeRoot {
  readonly length: number;
  /** The root node; null for a large one, which stands in its put record. */
  readonly node: Buffer | null;
  readonly nodeId: Buffer;
  /** Log index of the first put of it. */
  readonly put: number;
  /** Versions that show it. */
  versions: number;
}

export interface LogReading {
  readonly size: number;
  readonly puts: readonly PutRow[];
  /** Full tiles that are not in their table as they should be. */
  readonly wrongTiles: readonly Tile[];
  readonly missingTiles: number;
  /** By {@link keyOf}. */
  readonly trees: ReadonlyMap<string, ObjectTreeRoot>;
}

/** @throws SherinError MANIFEST_BROKEN: nothing of a log that does not verify is used */
export async function readLog(
  manifest: Manifest,
  progress: (done: number, total: number) => void,
): Promise<LogReading> {
  const { size } = manifest.head;
  const puts: PutRow[] = [];
  const wrongTiles: Tile[] = [];
  const trees = new Map<string, ObjectTreeRoot>();
  let missingTiles = 0;
  await manifest.walkLog({
    record: (index, { mutation }) => {
      if (mutation.type !== 'put') return;
      puts.push([mutation.inode, index]);
      note(trees, mutation, index);
    },
    tile: (tile) => {
      const stored = manifest.tables.tile(tile.level, tile.index);
      if (stored === undefined) missingTiles += 1;
      else if (same(tile.root, stored.root) && same(tile.hashes, stored.hashes)) return;
      wrongTiles.push(tile);
    },
    progress,
  });
  return { size, puts, wrongTiles, missingTiles, trees };
}

function note(trees: Map<string, ObjectTreeRoot>, { node, length }: Put, put: number): void {
  const id = nodeId(node);
  const key = keyOf({ nodeId: id, length });
  const known = trees.get(key);
  if (known !== undefined) known.versions += 1;
  else trees.set(key, { length, node: node.length > inlineNode ? null : node, nodeId: id, put, versions: 1 });
}

/** Names an object by how it lies in cubes. */
export function keyOf({ nodeId, length }: Pick<ObjectTreeRoot, 'nodeId' | 'length'>): string {
  return `${nodeId.toString('latin1')}${length}`;
}

/** Whether a value of a table, which may be anything, is these bytes. */
export function same(bytes: Buffer, value: unknown): boolean {
  return Buffer.isBuffer(value) && bytes.equals(value);
}
