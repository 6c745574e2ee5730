/** The manifest: signed head, log, index nodes, names (FORMAT.md, "Manifest database" and "Manifest log"). */
import Database from 'better-sqlite3-multiple-ciphers';
import { bytesToHex, equalBytes } from './bytes.js';
import { decryptDatabase } from './database.js';
import { type TreeHead, verifyHead } from './head.js';
import type { Header } from './header.js';
import { type Master, subkey } from './keys.js';
import { mth } from './merkle.js';
import { Names } from './names.js';
import type { NodeSource } from './object-tree.js';
import { decodeRecord, type LogRecord } from './records.js';
import { must, Refused } from './refused.js';
import { objectTag } from './sherin-id.js';

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
  readonly snapshot: Uint8Array;
}

function asBytes(value: unknown): Uint8Array {
  must(value instanceof Uint8Array, 'a column of the manifest is not bytes');
  return Uint8Array.from(value);
}

function readRows(plain: Uint8Array): Rows {
  const database = new Database(Buffer.from(plain));
  const all = (sql: string): unknown[][] => database.prepare(sql).raw().all() as unknown[][];
  try {
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

/**
 * Decrypts and verifies `manifest.db` with its `-wal`.
 * @throws Refused
 */
export function readManifest(master: Master, header: Header, file: Uint8Array, wal: Uint8Array): Manifest {
  const rows = readRows(decryptDatabase(subkey(master, 'manifest'), file, wal));
  const head = verifyHead(header.publicKey, header.uuid, ...rows.head);
  if (head.headerGeneration !== header.generation || !equalBytes(head.headerHash, header.hash)) {
    throw new Refused('log', 'the head was signed under another header');
  }
  if (head.size !== rows.records.length || !equalBytes(mth(rows.records), head.root)) {
    throw new Refused('log', 'the log is not the one that was signed');
  }
  const log = rows.records.map(decodeRecord);
  const names = new Names();
  for (const record of log) {
    checkObjectId(master, header, names, record);
    names.apply(record);
  }
  return {
    head,
    log,
    names,
    node: (id) => rows.nodes.get(bytesToHex(id)),
    snapshot: rows.snapshot,
  };
}
