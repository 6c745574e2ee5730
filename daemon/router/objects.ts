import type { SherinId } from '../../common/ids.js';
import type { ControlCaller } from '../protocol/objects.js';

/** For whom something is asked: whom the kernel has named. */
export type Asker = ControlCaller;

/** What sherin-fs says of objects, for somebody. */
export interface Objects {
  /** @throws SherinError ID_UNKNOWN when there is none that he may read, LOCKED, NOT_RUNNING… */
  require(id: SherinId, asker: Asker): Promise<void>;
  /** Whether it is there, he may read it, and all of it verifies. @throws SherinError LOCKED, NOT_RUNNING… */
  isGood(id: SherinId, asker: Asker): Promise<boolean>;
}
