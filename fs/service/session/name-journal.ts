import type { LogCopy } from '../../log-copy/log-copy.js';
import type { Manifest } from '../../manifest/manifest.js';
import type { Journal } from '../../writing/journal/journal.js';
import type { RollbackGuard } from './rollback-guard.js';

interface Parts {
  readonly manifest: Manifest;
  readonly journal: Journal;
  readonly guard: RollbackGuard;
  readonly logCopy: LogCopy;
}

/**
 * Has a head name the journal before anything is appended to it: one of this run, as every commit does it. Nobody would believe a segment
 * that no head names. @throws SherinError NO_SPACE, IO
 */
export async function nameJournal(
  { manifest, journal, guard, logCopy }: Parts,
  inTurn: (step: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const isNamed = (): boolean => manifest.head.journalEpoch.equals(journal.epoch);
  if (isNamed()) return;
  await inTurn(async () => {
    if (isNamed()) return;
    await guard.committed(manifest.resign());
    logCopy.named();
  });
}
