/** The journal as it is found: examined before anything of it is believed. */
import { randomBytes } from 'node:crypto';
import { SherinError, systemCode } from '../../../common/errors.js';
import type { Histogram } from '../../../common/histogram.js';
import type { Keyring } from '../../../native/index.js';
import type { AuditActor } from '../../audit/event.js';
import type { AuditLog } from '../../audit/log.js';
import type { Manifest } from '../../manifest/manifest.js';
import { Journal } from '../../writing/journal/journal.js';
import { countsStill } from '../../writing/recovery.js';

export interface JournalParts {
  readonly vaultFd: number;
  readonly keyring: Keyring;
  readonly manifest: Manifest;
  readonly audit: AuditLog;
  readonly actor: AuditActor;
  readonly syncs: Histogram;
  /** All that is there is refused. */
  readonly refuse: boolean;
}

/** One that nothing was ever made under. */
const unnamedEpoch = (): Buffer => randomBytes(8);

/** Segments that a record names. */
const named = 64;

/**
 * Opens the journal and puts what is refused of it out of the way, recorded before.
 * @throws SherinError IO, JOURNAL_BROKEN, DISK_READ, AUDIT_UNWRITABLE
 */
export async function openJournal(parts: JournalParts): Promise<Journal> {
  const { vaultFd, keyring, manifest, audit, actor, syncs, refuse } = parts;
  try {
    const journal = new Journal(vaultFd, keyring, syncs);
    const { journal: from, journalEpoch } = manifest.head;
    const refused = journal.examine(refuse ? unnamedEpoch() : journalEpoch, countsStill(manifest.tree, from));
    if (refused.length > 0) {
      const segments = refused.slice(0, named).map(({ number, bytes, counted }) => [number, bytes, counted]);
      const bytes = refused.reduce((sum, each) => sum + each.bytes - each.counted, 0);
      const meta = { refused: refused.length, bytes, segments };
      await audit.append({ event: 'AUDIT_JOURNAL_REFUSED', id: null, actor, meta }, { essential: true });
    }
    await journal.tidy();
    return journal;
  } catch (error) {
    const part = systemCode(error);
    if (part === undefined) throw error;
    throw new SherinError('IO', { what: 'opening the journal', part }, { cause: error });
  }
}
