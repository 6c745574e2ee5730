/** The manifest's tables against its log: what is missing, wrong or too much, and what would mend it. */
import { setImmediate } from 'node:timers/promises';
import { cubeIdFromBytes } from '../../common/ids.js';
import type { CubeRef } from '../../native/index.js';
import type { Needed } from '../cube/needed.js';
import type { Manifest } from '../manifest/manifest.js';
import { nodeId } from '../manifest/object-tree.js';
import { type PutRow, type TableChanges, tileRow } from '../manifest/tables.js';
import { tileWidth } from '../manifest/tiles.js';
import { type LogReading, same } from './log-reading.js';
import type { References } from './references.js';

/** Rows between two turns of the event loop. */
const stride = 2000;

export type TableName = 'puts' | 'tiles' | 'cubes' | 'nodes';

export interface TableFault {
  readonly table: TableName;
  /** Rows that the log asks for and the table lacks. */
  readonly missing: number;
  /** Rows with another content than the log's. */
  readonly wrong: number;
  /** Rows that the log does not know. */
  readonly extra: number;
}

export interface TableCheck {
  /** Of tables that are not as they should be. */
  readonly faults: readonly TableFault[];
  readonly changes: TableChanges;
}

/** Compares all four with a log that was read. Rows that came with later records are let be. @throws SherinError IO, MANIFEST_BROKEN, LOCKED */
export async function checkTables(
  manifest: Manifest,
  reading: LogReading,
  references: References,
): Promise<TableCheck> {
  const parts = [
    await checkPuts(manifest, reading),
    await checkTiles(manifest, reading),
    await checkCubes(manifest, references),
    await checkNodes(manifest, references),
  ] as const;
  const [puts, tiles, cubes, nodes] = parts;
  const faults = parts
    .map(({ fault }) => fault)
    .filter(({ missing, wrong, extra }) => missing + wrong + extra > 0);
  const changes = { puts: puts.changes, tiles: tiles.changes, cubes: cubes.changes, nodes: nodes.changes };
  return { faults, changes };
}

async function checkPuts(manifest: Manifest, { puts, size }: LogReading) {
  const wanted = new Set(puts.map(keyOfPut));
  const drop: PutRow[] = [];
  for await (const [inode, seq] of inTurns(manifest.tables.puts())) {
    const row = [Number(inode), Number(seq)] as const;
    if (wanted.delete(keyOfPut(row))) continue;
    const later = row[1] >= size && row[1] < manifest.head.size;
    if (!later) drop.push(row);
  }
  const add = puts.filter((row) => wanted.has(keyOfPut(row)));
  const fault = { table: 'puts', missing: add.length, wrong: 0, extra: drop.length } as const;
  return { fault, changes: { add, drop } };
}

function keyOfPut([inode, seq]: PutRow): string {
  return `${inode} ${seq}`;
}

async function checkTiles(manifest: Manifest, { wrongTiles, missingTiles }: LogReading) {
  const drop: number[] = [];
  for await (const [id] of inTurns(manifest.tables.tiles())) {
    if (!isFullTile(Number(id), manifest.head.size)) drop.push(Number(id));
  }
  const wrong = wrongTiles.length - missingTiles;
  const fault = { table: 'tiles', missing: missingTiles, wrong, extra: drop.length } as const;
  return { fault, changes: { put: wrongTiles, drop } };
}

/** Whether a log of this size has the tile with this row ID. */
function isFullTile(id: number, size: number): boolean {
  const level = Math.floor(id / tileRow(1, 0));
  const index = id - tileRow(level, 0);
  return id >= 0 && (index + 1) * tileWidth ** (level + 1) <= size;
}

async function checkCubes({ tables }: Manifest, references: References) {
  const put: CubeRef[] = [];
  const drop: Buffer[] = [];
  const seen = new Set<string>();
  let wrong = 0;
  for await (const [id, root, length] of inTurns(tables.cubes())) {
    const shaped = Buffer.isBuffer(id) && id.length === 32;
    const text = shaped ? cubeIdFromBytes(id) : undefined;
    const cube = text === undefined ? undefined : references.find(text);
    if (cube === undefined || text === undefined) {
      if (Buffer.isBuffer(id)) drop.push(id);
      continue;
    }
    seen.add(text);
    if (same(cube.root, root) && cube.length === length) continue;
    wrong += 1;
    put.push(cube);
  }
  for (const id of references.ids()) {
    const cube = seen.has(id) ? undefined : references.find(id);
    if (cube !== undefined) put.push(cube);
  }
  // A row of a cube that no version needs is what an import that did not end leaves: no fault, and gone after a rebuild.
  const fault = { table: 'cubes', missing: put.length - wrong, wrong, extra: 0 } as const;
  return { fault, changes: { put, drop: references.complete ? drop : [] } };
}

async function checkNodes({ tables }: Manifest, references: References) {
  const drop: number[] = [];
  for await (const [row, id, bytes] of inTurns(tables.nodes())) {
    if (isNode(id, bytes)) continue;
    drop.push(Number(row));
  }
  const lost = references.lostNodes.size + references.mendableNodes.length;
  // A row that is wrong is also one that is lost where a version needs it.
  const fault = {
    table: 'nodes',
    missing: Math.max(0, lost - drop.length),
    wrong: drop.length,
    extra: 0,
  } as const;
  return { fault, changes: { put: references.mendableNodes, drop } };
}

function isNode(id: unknown, bytes: unknown): boolean {
  return Buffer.isBuffer(id) && Buffer.isBuffer(bytes) && nodeId(bytes).equals(id);
}

/**
 * Leaves rows be that are right by now, as records have come since the log was read; between two commits.
 * @param since what they need; null: nobody knows
 */
export function stillWrong(manifest: Manifest, changes: TableChanges, since: Needed | null): TableChanges {
  const { head, tables } = manifest;
  const { puts, tiles, cubes, nodes } = changes;
  const isPut = ([inode, seq]: PutRow): boolean => {
    if (seq < 0 || seq >= head.size) return false;
    const { mutation } = manifest.record(seq);
    return mutation.type === 'put' && mutation.inode === inode;
  };
  return {
    puts: { ...puts, drop: puts.drop.filter((row) => !isPut(row)) },
    tiles: { ...tiles, drop: tiles.drop.filter((id) => !isFullTile(id, head.size)) },
    cubes: {
      ...cubes,
      drop: cubes.drop.filter((id) => id.length !== 32 || since?.cubes.has(cubeIdFromBytes(id)) === false),
    },
    nodes: {
      ...nodes,
      drop: nodes.drop.filter((row) => {
        const node = tables.node(row);
        return node !== undefined && !isNode(node.id, node.bytes);
      }),
    },
  };
}

/** Rows, with a turn of the event loop now and then: the mount is served meanwhile. */
async function* inTurns<T>(rows: Iterable<T>): AsyncGenerator<T> {
  let count = 0;
  for (const row of rows) {
    yield row;
    if (++count % stride === 0) await setImmediate();
  }
}
