/**
 * Cubes and index nodes in the database. Neither is trusted: a node must have the hash it is asked by, a cube's row
 * must agree with its ID under K_cube-id, which who asks re-computes.
 */
import type { CubeRef } from '../../native/index.js';
import { broken, type ManifestDatabase } from './database.js';
import { nodeId } from './index-node.js';

export class CubeIndex {
  readonly #database: ManifestDatabase;

  constructor(database: ManifestDatabase) {
    this.#database = database;
  }

  /** Writes rows; inside a transaction. In the order of their IDs: each page of a large table is then decrypted and written once. */
  put(cubes: readonly CubeRef[], nodes: readonly Buffer[]): void {
    const cube = this.#database.statement(
      'INSERT INTO cubes (id, root, length) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET root = excluded.root, length = excluded.length WHERE root <> excluded.root OR length <> excluded.length',
    );
    for (const { id, root, length } of cubes.toSorted(byId)) cube.run(id, root, length);
    const node = this.#database.statement(
      'INSERT INTO nodes (id, bytes) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes WHERE bytes <> excluded.bytes',
    );
    for (const bytes of nodes) node.run(nodeId(bytes), bytes);
  }

  /** @throws SherinError MANIFEST_BROKEN when it is missing or has another hash */
  node(id: Buffer): Buffer {
    const sql = 'SELECT bytes FROM nodes WHERE id = ?';
    const [bytes] = this.#database.get('reading an index node', sql, id) ?? [];
    if (!Buffer.isBuffer(bytes)) throw broken('an index node is missing');
    if (!nodeId(bytes).equals(id)) throw broken('an index node is not the one that was signed');
    return bytes;
  }

  /** Rows, for people: as little trusted as the rows. */
  count(): number {
    const [rows] = this.#database.get('counting cube rows', 'SELECT count(*) FROM cubes') ?? [];
    return typeof rows === 'number' ? rows : 0;
  }
}

function byId(a: CubeRef, b: CubeRef): number {
  return a.id.compare(b.id);
}
