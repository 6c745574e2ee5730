/** The manifest: signed head, log, index nodes, names (FORMAT.md, "Manifest database" and "Manifest log"). */
import Database from 'better-sqlite3-multiple-ciphers';
import { bytesToHex, equalBytes } from './bytes.js';
import { decryptDatabase, keyOfDatabase } from './database.js';
import { type TreeHead, verifyHead } from './head.js';
import type { Header } from './header.js';
import { type Master, manifestKeys } from './keys.js';
import { readLogCopy } from './log-copy.js';
import { leafHash, mth, rootOfBlocks } from './merkle.js';
import { Names } from './names.js';
import type { NodeSource } from './object-tree.js';
import { decodeRecord, type LogRecord } from './records.js';
import { must, Refused } from './refused.js';
import { objectTag } from './sherin-id.js';
import { encodeSnapshot } from './snapshot.js';

export interface Manifest {
  readonly head: TreeHead;
  readonly log: readonly LogRecord[];
  readonly names: Names;
  readonly node: NodeSource;
  /** Bytes of the snapshot; none when there is no snapshot. */
  readonly snapshot: Uint8Array;
}

/** Plain rows of the tables a reader needs; nothing of them is trusted. */
interface Rows {
  readonly head: readonly [Uint8Array, Uint8Array];
  readonly records: readonly Uint8Array[];
  readonly nodes: ReadonlyMap<string, Uint8Array>;
  /** Null: it is made of the records. */
  readonly snapshot: Uint8Array | null;
}

function asBytes(value: unknown): Uint8Array {
  must(value instanceof Uint8Array, 'a column of the manifest is not bytes');
  return Uint8Array.from(value);
}

/** The schema, in the order in which the tables stand in the file. */
export const schema: readonly string[] = [
  'CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), layout BLOB NOT NULL, signature BLOB NOT NULL)',
  'CREATE TABLE records (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL)',
  'CREATE TABLE tiles (id INTEGER PRIMARY KEY, root BLOB NOT NULL, hashes BLOB NOT NULL)',
  'CREATE TABLE puts (inode INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (inode, seq)) WITHOUT ROWID',
  'CREATE TABLE nodes (id BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL)',
  'CREATE TABLE cubes (id BLOB PRIMARY KEY NOT NULL, root BLOB NOT NULL, length INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE snapshot (chunk INTEGER PRIMARY KEY, bytes BLOB NOT NULL)',
];
export const applicationId = 0x5368726e;

function readRows(plain: Uint8Array): Rows {
  const database = new Database(Buffer.from(plain));
  const all = (sql: string): unknown[][] => database.prepare(sql).raw().all() as unknown[][];
  try {
    const tables = all('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid');
    must(tables.flat().join(';') === schema.join(';'), 'the tables are not those of a manifest');
    const [id, version] = [...all('PRAGMA application_id'), ...all('PRAGMA user_version')].flat();
    must(id === applicationId && version === 1, 'not a manifest database of version 1');
    const [head] = all('SELECT layout, signature FROM head WHERE id = 1');
    must(head !== undefined, 'the manifest has no head');
    const records = all('SELECT seq, bytes FROM records ORDER BY seq');
    must(
      records.every(([seq], i) => seq === i),
      'a record of the manifest is missing',
    );
    const nodes = all('SELECT id, bytes FROM nodes').map(
      ([id, bytes]) => [bytesToHex(asBytes(id)), asBytes(bytes)] as const,
    );
    const chunks = all('SELECT bytes FROM snapshot ORDER BY chunk').map(([bytes]) => asBytes(bytes));
    return {
      head: [asBytes(head[0]), asBytes(head[1])],
      records: records.map(([, bytes]) => asBytes(bytes)),
      nodes: new Map(nodes),
      snapshot: Uint8Array.from(Buffer.concat(chunks)),
    };
  } finally {
    database.close();
  }
}

/** The keyed ID of a put is the one its content has. @throws Refused log */
function checkObjectId(master: Master, header: Header, names: Names, { body }: LogRecord): void {
  if (body.type !== 'put') return;
  const owner = header.owned ? names.inode(body.inode).attributes.uid : 0;
  const tag = objectTag(master, body.object.namespace, owner, body.root, body.length);
  if (!equalBytes(tag, body.object.tag))
    throw new Refused('log', 'an object’s ID is not that of its content');
}

/** The snapshot, which is what the first records make of the tree, byte for byte. @throws Refused log */
function snapshotOf(head: TreeHead, names: Names, rows: Rows): Uint8Array {
  if (head.snapshotSize === 0) return new Uint8Array(0);
  const expected = encodeSnapshot(names, rows.records.slice(0, head.snapshotSize).map(leafHash));
  const snapshot = rows.snapshot ?? expected;
  if (!equalBytes(rootOfBlocks(snapshot), head.stateRoot)) {
    throw new Refused('log', 'the snapshot is not the one that was signed');
  }
  if (!equalBytes(expected, snapshot)) throw new Refused('log', 'the snapshot is not what the log says');
  return snapshot;
}

/**
 * Decrypts and verifies `manifest.db` with its `-wal`.
 * @throws Refused
 */
export function readManifest(master: Master, header: Header, file: Uint8Array, wal: Uint8Array): Manifest {
  return verified(
    master,
    header,
    readRows(decryptDatabase(keyOfDatabase(manifestKeys(master), file), file, wal)),
  );
}

/**
 * The same without the database, from the copy of the log.
 * @param segments files of `log/` by their number
 * @throws Refused
 */
export function readCopiedManifest(
  master: Master,
  header: Header,
  segments: ReadonlyMap<number, Uint8Array>,
): Manifest {
  return verified(master, header, { ...readLogCopy(master, header, segments), snapshot: null });
}

function verified(master: Master, header: Header, rows: Rows): Manifest {
  const head = verifyHead(header.publicKey, header.uuid, ...rows.head);
  if (head.headerGeneration !== header.generation || !equalBytes(head.headerHash, header.hash)) {
    throw new Refused('log', 'the head was signed under another header');
  }
  if (head.size !== rows.records.length || !equalBytes(mth(rows.records), head.root)) {
    throw new Refused('log', 'the log is not the one that was signed');
  }
  const log = rows.records.map(decodeRecord);
  const names = new Names();
  let snapshot: Uint8Array = new Uint8Array(0);
  for (const [index, record] of log.entries()) {
    if (index === head.snapshotSize) snapshot = snapshotOf(head, names, rows);
    checkObjectId(master, header, names, record);
    names.apply(record, index);
  }
  if (log.length === head.snapshotSize) snapshot = snapshotOf(head, names, rows);
  return {
    head,
    log,
    names,
    node: (id) => rows.nodes.get(bytesToHex(id)),
    snapshot,
  };
}
