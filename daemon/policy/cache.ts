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

export function findingOf(vault: PolicyState, cached: PolicyState): CacheFinding {
  if (cached.version < vault.version) return 'behind';
  const isSame = jcs({ ...cached, stop: vault.stop }) === jcs(vault);
  // A stop that was set while the vault was locked is in the cache only; one that is missing there was taken out.
  return isSame && stopInForce(vault.stop, cached.stop) === cached.stop ? 'same' : 'edited';
}
