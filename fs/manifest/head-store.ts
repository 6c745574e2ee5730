/** The newest tree head in the database. */
import { MalformedBytes } from '../../common/bytes.js';
import { broken, type ManifestDatabase } from './database.js';
import { decodeHead, encodeHead, headIsSigned, type TreeHead } from './head.js';

/** The newest head, its signature verified. @throws SherinError MANIFEST_BROKEN */
export function readHead(database: ManifestDatabase, uuid: Buffer, publicKey: Buffer): TreeHead {
  const row = database.get('reading the tree head', 'SELECT layout, signature FROM head WHERE id = 1');
  const [layout, signature] = row ?? [];
  if (!Buffer.isBuffer(layout) || !Buffer.isBuffer(signature)) throw broken('it has no tree head');
  if (!headIsSigned(uuid, publicKey, layout, signature)) throw broken('signature of the tree head');
  try {
    return decodeHead(layout, signature);
  } catch (error) {
    if (error instanceof MalformedBytes) throw broken(`tree head: ${error.message}`, error);
    throw error;
  }
}

/** Replaces the head; inside a transaction. */
export function writeHead(database: ManifestDatabase, head: TreeHead): void {
  database
    .statement('INSERT OR REPLACE INTO head (id, layout, signature) VALUES (1, ?, ?)')
    .run(encodeHead(head), head.signature);
}
