/** The copy of the state in sherind's database beside the record in the vault, which was written first and wins. */
import { jcs } from '../../common/jcs.js';
import type { PolicyState } from './state.js';
import { stopInForce } from './stop.js';

/**
 * - `same`
 * - `behind`: a crash came between the two writes, or somebody put an older copy back; it is written anew
 * - `edited`: no crash leaves that; reported and audited
 */
export type CacheFinding = 'same' | 'behind' | 'edited';

export interface Reconciled {
  /** The vault's, with the stricter of both stops. */
  readonly state: PolicyState;
  readonly finding: CacheFinding;
  /** The cached stop is the stricter one, set while the vault was locked: the vault has yet to get it. */
  readonly stopIsNew: boolean;
}

export function reconcile(vault: PolicyState, cached: PolicyState): Reconciled {
  const stop = stopInForce(vault.stop, cached.stop);
  return {
    state: { ...vault, stop },
    finding: findingOf(vault, cached),
    stopIsNew: stop !== vault.stop,
  };
}

function findingOf(vault: PolicyState, cached: PolicyState): CacheFinding {
  if (cached.version < vault.version) return 'behind';
  const isSame = jcs({ ...cached, stop: vault.stop }) === jcs(vault);
  // A stop that was set while the vault was locked is in the cache only; one that is missing there was taken out.
  return isSame && stopInForce(vault.stop, cached.stop) === cached.stop ? 'same' : 'edited';
}
