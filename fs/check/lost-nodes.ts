/** Index nodes that the manifest has lost, from that of a backup. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copyDatabase } from '../manifest/copy-database.js';
import { firstPage } from '../manifest/first-page.js';
import { ForeignNodes } from '../manifest/foreign-nodes.js';
import type { Session } from '../service/session/session.js';
import type { LogReading } from './log-reading.js';
import { type References, readReferences } from './references.js';

/** Levels that an object's tree can have. */
const levels = 8;

/**
 * Brings back what the backup's manifest has. Below a node that is back others may be lost, so it looks again until none is found.
 * @param backup descriptor of its directory
 * @returns what versions need, read anew
 * @throws SherinError NO_SPACE, IO; MANIFEST_BROKEN where the backup's manifest does not open
 */
export async function fetchNodes(
  session: Session,
  vaultFd: number,
  backup: number,
  reading: LogReading,
  known: References,
): Promise<References> {
  const vault = `/proc/self/fd/${vaultFd}`;
  const copy = join(vault, 'cubes/tmp', `${randomBytes(16).toString('hex')}.db`);
  let references = known;
  await copyDatabase(`/proc/self/fd/${backup}/manifest.db`, copy);
  try {
    const foreign = ForeignNodes.open({ path: copy, key: session.keyring.manifestKey(firstPage(copy)) });
    try {
      for (let level = 0; level < levels && !references.complete; level++) {
        const found = [...references.lostNodes].flatMap((id) => {
          const node = foreign.node(Buffer.from(id, 'latin1'));
          return node === undefined ? [] : [node];
        });
        if (found.length === 0) break;
        session.manifest.tables.change({ ...nothing, nodes: { put: found, drop: [] } });
        references = await readReferences(session.manifest, reading);
      }
    } finally {
      foreign.remove();
    }
  } finally {
    await rm(copy, { force: true });
  }
  return references;
}

const none = { add: [], put: [], drop: [] };
const nothing = { puts: none, tiles: none, cubes: none, nodes: none };
