/** The emergency stop. Two copies of it are kept, one in the vault and one in sherind's database: either keeps it on. */

import { type Stop, stops } from '../../common/policy-scales.js';
import { type Change, changed } from './change.js';
import type { PolicyState } from './state.js';

/** Sets, tightens, loosens or clears it. Written to the vault first, so that a crash between leaves it on. */
export function setStop(state: PolicyState, stop: Stop): Change {
  return {
    state: changed(state, { stop }),
    events: [{ event: 'AUDIT_POLICY_STOP', id: null, meta: { from: state.stop, to: stop } }],
  };
}

/** The stricter copy. @param vault null while the vault is locked: then only the cached one applies */
export function stopInForce(vault: Stop | null, cached: Stop): Stop {
  return stops[Math.max(stops.indexOf(vault ?? 'off'), stops.indexOf(cached))] ?? 'freeze';
}
