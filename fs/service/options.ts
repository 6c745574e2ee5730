import type { FreezeMark } from '../../common/freeze-mark.js';

/** How a vault is served, as sherin-fs was started. */
export interface ServiceOptions {
  readonly wholeCube: boolean;
  /** None: no sherind watches over this vault. */
  readonly freezeMark?: FreezeMark;
  /** Seconds without use after which it locks itself; none: never. */
  readonly autoLock?: number | null;
  readonly lockBeforeSleep?: boolean;
}
