import { SherinError } from '../../common/errors.js';
import type { ControlCaller } from '../../daemon/protocol/objects.js';
import type { Peer } from '../../native/ipc.js';

export type Asker = ControlCaller | Peer;

/**
 * Whom a request is for: sherind's own caller, where it names one. Only root and the user who runs this process may name
 * somebody else than themselves. @throws SherinError DENIED
 */
export function onBehalf<Named extends Pick<ControlCaller, 'uid'>>(peer: Peer, caller: Named): Named;
export function onBehalf(peer: Peer, caller: ControlCaller | undefined): Asker;
export function onBehalf(peer: Peer, caller: Pick<ControlCaller, 'uid'> | undefined) {
  if (caller === undefined) return peer;
  if (peer.uid !== 0 && peer.uid !== process.getuid?.())
    throw new SherinError('DENIED', { uid: peer.uid, what: 'ask for somebody else' });
  return caller;
}

/** For what only sherind may say: others would put words into its mouth. @throws SherinError DENIED */
export function requireOwn(peer: Peer): void {
  if (peer.uid === 0 || peer.uid === process.getuid?.()) return;
  throw new SherinError('DENIED', { uid: peer.uid, what: 'speak for sherind' });
}
