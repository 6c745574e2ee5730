/** The tables beside the log, row by row and as they are, for whoever compares them with it, mends them, or removes what nothing needs. */
import { setImmediate } from 'node:timers/promises';
import type { CubeRef } from '../../native/index.js';
import { CubeIndex } from './cube-index.js';
import type { ManifestDatabase } from './database.js';
import { levelStep } from './log.js';
import type { Tile } from './tiles.js';

const page = 512;

/** Tables whose rows content needs, by their ID. */
export type RowTable = 'cubes' | 'nodes';

export type PutRow = readonly [inode: number, seq: number];

/** What to change, so that the tables are those of the log. */
export interface TableChanges {
  readonly puts: { readonly add: readonly PutRow[]; readonly drop: readonly PutRow[] };
  readonly tiles: { readonly put: readonly Tile[]; readonly drop: readonly number[] };
  readonly cubes: { readonly put: readonly CubeRef[]; readonly drop: readonly Buffer[] };
  readonly nodes: { readonly put: readonly Buffer[]; readonly drop: readonly number[] };
}

/** Values of a row: any may be of any type. */
type Row = readonly unknown[];

export class Tables {
  readonly #database: ManifestDatabase;

  constructor(database: ManifestDatabase) {
    this.#database = database;
  }

  /** `inode, seq`, in this order. */
  puts(): Iterable<Row> {
    const sql = 'SELECT inode, seq FROM puts WHERE (inode, seq) > (?, ?) ORDER BY inode, seq LIMIT +?';
    return this.#pages(sql, [-Number.MAX_SAFE_INTEGER, 0], (row) => [row[0], row[1]]);
  }

  /** `row ID, root, hashes`. */
  tiles(): Iterable<Row> {
    const sql = 'SELECT id, root, hashes FROM tiles WHERE id > ? ORDER BY id LIMIT +?';
    return this.#pages(sql, [-Number.MAX_SAFE_INTEGER], (row) => [row[0]]);
  }

  /** A full tile as it is stored; undefined where it is not. */
  tile(level: number, index: number): { readonly root: unknown; readonly hashes: unknown } | undefined {
    const sql = 'SELECT root, hashes FROM tiles WHERE id = ?';
    const row = this.#database.get('reading a table', sql, tileRow(level, index));
    return row === undefined ? undefined : { root: row[0], hashes: row[1] };
  }

  /** `cube ID, root, length`. */
  cubes(): Iterable<Row> {
    const sql = 'SELECT id, root, length FROM cubes WHERE id > ? ORDER BY id LIMIT +?';
    return this.#pages(sql, [Buffer.alloc(0)], (row) => [row[0]]);
  }

  /** IDs of cubes from one (inclusive) to another (exclusive), with their row's length. */
  cubesBetween(from: Buffer, to: Buffer): readonly Row[] {
    const sql = 'SELECT id, length FROM cubes WHERE id >= ? AND id < ?';
    return this.#database.all('reading a table', sql, from, to);
  }

  /** Whether there is a row of a cube. @throws SherinError MANIFEST_BROKEN, IO */
  hasCube(id: Buffer): boolean {
    const sql = 'SELECT 1 FROM cubes WHERE id = ?';
    return this.#database.get('reading a table', sql, id) !== undefined;
  }

  /** `row ID, node ID, bytes`. */
  nodes(): Iterable<Row> {
    const sql = 'SELECT rowid, id, bytes FROM nodes WHERE rowid > ? ORDER BY rowid LIMIT +?';
    return this.#pages(sql, [-Number.MAX_SAFE_INTEGER], (row) => [row[0]]);
  }

  /** The node in a row, as it is stored; undefined where there is none. */
  node(row: number): { readonly id: unknown; readonly bytes: unknown } | undefined {
    const sql = 'SELECT id, bytes FROM nodes WHERE rowid = ?';
    const found = this.#database.get('reading a table', sql, row);
    return found === undefined ? undefined : { id: found[0], bytes: found[1] };
  }

  /** All changes in one transaction. @throws SherinError NO_SPACE, IO, MANIFEST_BROKEN with everything as it was */
  change({ puts, tiles, cubes, nodes }: TableChanges): void {
    const run = (sql: string, rows: Iterable<readonly unknown[]>): void => {
      const statement = this.#database.statement(sql);
      for (const row of rows) statement.run(...row);
    };
    const ids = (values: readonly unknown[]) => values.map((value) => [value]);
    this.#database.transaction('mending the tables', () => {
      run('DELETE FROM puts WHERE inode = ? AND seq = ?', puts.drop);
      run('INSERT INTO puts (inode, seq) VALUES (?, ?)', puts.add);
      run('DELETE FROM tiles WHERE id = ?', ids(tiles.drop));
      const tile = tiles.put.map(({ level, index, root, hashes }) => [tileRow(level, index), root, hashes]);
      run('INSERT OR REPLACE INTO tiles (id, root, hashes) VALUES (?, ?, ?)', tile);
      run('DELETE FROM cubes WHERE id = ?', ids(cubes.drop));
      run('DELETE FROM nodes WHERE rowid = ?', ids(nodes.drop));
      new CubeIndex(this.#database).put(cubes.put, nodes.put);
    });
  }

  /** IDs of the rows of cubes or index nodes that are not to be kept. */
  async beyond(table: RowTable, keep: (id: Buffer) => boolean): Promise<Buffer[]> {
    const beyond: Buffer[] = [];
    const sql = `SELECT id FROM ${table} WHERE id > ? ORDER BY id LIMIT +?`;
    let steps = 0;
    for (const [id] of this.#pages(sql, [Buffer.alloc(0)], (row) => [row[0]])) {
      if (Buffer.isBuffer(id) && !keep(id)) beyond.push(id);
      if (++steps % page === 0) await setImmediate();
    }
    return beyond;
  }

  /** Removes rows of cubes and index nodes. @throws SherinError NO_SPACE, IO with everything as it was */
  drop(rows: { readonly [table in RowTable]: readonly Buffer[] }): void {
    this.#database.transaction('removing rows', () => {
      for (const table of ['cubes', 'nodes'] as const) {
        const drop = this.#database.statement(`DELETE FROM ${table} WHERE id = ?`);
        for (const id of rows[table]) drop.run(id);
      }
    });
  }

  *#pages(sql: string, start: readonly unknown[], keyOf: (row: Row) => readonly unknown[]): Iterable<Row> {
    for (let after = start; ; ) {
      const rows = this.#database.all('reading a table', sql, ...after, page);
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined) return;
      after = keyOf(last);
    }
  }
}

/** Row ID of a tile. */
export function tileRow(level: number, index: number): number {
  return level * levelStep + index;
}
