import { SherinError } from '../../../common/errors.js';
import { formatCount } from '../../../common/format-count.js';
import type { Logger } from '../../../common/log.js';
import type { AuditActor } from '../../audit/event.js';
import { within } from '../../mount/within.js';
import { countUnsealed } from '../../writing/count-unsealed.js';
import { sealFault } from '../../writing/seal-fault.js';
import type { Session } from '../session/session.js';
import type { Mounting } from './mounting.js';

/** What sealing may take at a lock. */
const keepMs = 20_000;

/** What could not be sealed. */
export interface Unsealed {
  /** Files and directories. */
  readonly files: number;
  /** All of it is in the journal; else what was made durable is there, and nothing else. */
  readonly kept: boolean;
  readonly error: SherinError;
}

/**
 * Seals what programs have written, pages that only the kernel has included; a disk that hangs keeps nobody from locking for longer than `keepMs`.
 * @returns null where everything is sealed but what stands on what can not be read, which the journal keeps; the rest is recorded
 */
export async function keepWritten(
  { writing, records }: Session,
  mounting: Mounting,
  actor: AuditActor,
  log: Logger,
): Promise<Unsealed | null> {
  if (writing.idle) return null;
  const keep = async (): Promise<Pick<Unsealed, 'kept' | 'error'> | null> => {
    await mounting.invalidate('all');
    const error = await writing.durability.keep();
    return error && { kept: true, error };
  };
  const failed = await within(keep(), keepMs).catch((error: unknown) => ({
    kept: false,
    error: sealFault(error),
  }));
  if (failed === null) return null;
  const late = new SherinError('TIMEOUT', { what: 'sealing', seconds: keepMs / 1000 });
  const { kept, error } = failed ?? { kept: false, error: late };
  log.error({ err: error, kept }, 'what programs have written could not be sealed');
  const files = countUnsealed(writing);
  const meta = { files, kept, code: error.code };
  records.note({ event: 'AUDIT_UNSEALED', id: null, actor, meta }, true);
  return { files, kept, error };
}

/** What to tell who has locked or stopped the vault. */
export function unsealedError({ files, kept, error }: Unsealed, done: 'locked' | 'stopped'): SherinError {
  return new SherinError('UNSEALED', {
    what: done === 'locked' ? 'the vault is locked' : 'sherin-fs has stopped',
    files: formatCount(files, 'file'),
    part: error.message,
    rest: kept
      ? 'all of it is kept in the journal, and sealed once the vault is open again'
      : 'what they had made durable (fsync, sync) is kept in the journal, the rest is lost',
    next: done === 'locked' ? 'sherinctl unlock' : 'sherinctl up',
  });
}
