/** Snapshots in and out of the database, in chunks. */
import { MalformedBytes } from '../../common/bytes.js';
import { rootOfBlocks } from '../../common/merkle.js';
import { broken, type ManifestDatabase } from './database.js';
import { Snapshot } from './snapshot-reader.js';

/** Bytes of a chunk; all but the last are full. */
const chunkBytes = 262_144;

/** What one buffer holds. */
const largestSnapshot = 0xffff_ffff;

/** Replaces the snapshot; inside a transaction. Chunks of the same length are written over: nothing is freed first, and pages that stay the same are not written. */
export function storeSnapshot(database: ManifestDatabase, bytes: Buffer): void {
  const chunks = Math.ceil(bytes.length / chunkBytes);
  database.statement('DELETE FROM snapshot WHERE chunk >= ?').run(chunks);
  const insert = database.statement('INSERT OR REPLACE INTO snapshot (chunk, bytes) VALUES (?, ?)');
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    insert.run(at / chunkBytes, bytes.subarray(at, at + chunkBytes));
  }
}

/** The snapshot that a verified head names. @throws SherinError MANIFEST_BROKEN */
export function loadSnapshot(database: ManifestDatabase, size: number, root: Buffer): Snapshot {
  const bytes = database.guard('reading the snapshot', () => readChunks(database));
  if (!rootOfBlocks(bytes).equals(root)) throw broken('the snapshot is not the one that was signed');
  try {
    const snapshot = new Snapshot(bytes);
    if (snapshot.frontier.size === size) return snapshot;
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    throw broken(`snapshot: ${error.message}`, error);
  }
  throw broken('the snapshot is of another log size');
}

function readChunks(database: ManifestDatabase): Buffer {
  const [total] = database.statement('SELECT coalesce(sum(length(bytes)), 0) FROM snapshot').get() as [
    number,
  ];
  if (total > largestSnapshot) throw broken(`a snapshot of ${total} bytes`);
  const bytes = Buffer.allocUnsafeSlow(total);
  let at = 0;
  for (const row of database.statement('SELECT bytes FROM snapshot ORDER BY chunk').iterate()) {
    const [chunk] = row as [unknown];
    if (!Buffer.isBuffer(chunk) || at + chunk.length > total)
      throw broken('a chunk of the snapshot is not bytes');
    at += chunk.copy(bytes, at);
  }
  if (at !== total) throw broken('a chunk of the snapshot is missing');
  return bytes;
}
