/** The emergency stop. Two copies of it are kept, one in the vault and one in sherind's database: either keeps it on. */

import { type Stop, stops } from '../../common/policy-scales.js';
import { type Change, changed } from './change.js';
import type { PolicyState } from './state.js';

/**
 * Sets, tightens, loosens or clears it. Written to the vault first, so that a crash between leaves it on.
 * @param copied uid of who set it, where only the copy of the policy says so
 */
export function setStop(state: PolicyState, stop: Stop, copied: number | null = null): Change {
  const said = copied === null ? {} : { uid: copied, source: 'copy' };
  const meta = { from: state.stop, to: stop, ...said };
  return { state: changed(state, { stop }), events: [{ event: 'AUDIT_POLICY_STOP', id: null, meta }] };
}

/** The stricter copy. @param vault null while the vault is locked: then only the cached one applies */
export function stopInForce(vault: Stop | null, cached: Stop): Stop {
  return stops[Math.max(stops.indexOf(vault ?? 'off'), stops.indexOf(cached))] ?? 'freeze';
}
