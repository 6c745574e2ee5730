import { Histogram } from '../../common/histogram.js';
import { syncBuckets } from '../../daemon/protocol/fs-metrics.js';

/** What is counted from the start of the process on, whatever is locked meanwhile. */
export class Measures {
  /** How often a key slot was opened with the TPM. */
  unseals = 0;
  /** What each sync of the journal took. */
  readonly syncs = new Histogram(syncBuckets);
}
