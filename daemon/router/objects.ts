import type { SherinId } from '../../common/ids.js';
import type { Goodness } from '../protocol/admission.js';
import type { DaemonAuditEvent } from '../protocol/engine.js';
import type { ControlCaller } from '../protocol/objects.js';

/** For whom something is asked: whom the kernel has named. */
export type Asker = ControlCaller;

/** What has to be known of a submission before it is answered. */
export interface Admission {
  /** The request, and what the bot is given besides. */
  readonly reads: readonly SherinId[];
  /** Remembered results that might be the answer. */
  readonly results: readonly SherinId[];
  /** What was decided. */
  readonly events: readonly DaemonAuditEvent[];
}

/** What sherin-fs says of objects, for somebody. */
export interface Objects {
  /** @throws SherinError ID_UNKNOWN when there is none that he may read, LOCKED, NOT_RUNNING… */
  require(id: SherinId, asker: Asker): Promise<void>;
  /**
   * What each of the results is to him, once `events` are on record.
   * @throws SherinError ID_UNKNOWN where there is one of `reads` that he may not read: nothing is recorded then; AUDIT_UNWRITABLE, LOCKED, NOT_RUNNING…
   */
  admit(admission: Admission, asker: Asker): Promise<readonly Goodness[]>;
  /** Whether all of it verifies. @throws SherinError LOCKED, NOT_RUNNING… */
  verifies(id: SherinId): Promise<boolean>;
}
