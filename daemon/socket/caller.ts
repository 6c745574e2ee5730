import type { Admins } from '../../common/admins.js';

/** A process at the other end of a connection, in the kernel's word: nothing a caller says about itself counts. */
export interface Peer {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Null once the process has ended. */
  readonly pid: number | null;
}

/** Who made a request. */
export interface Caller {
  readonly peer: Peer;
  readonly admin: boolean;
}

export type CallerOf = (peer: Peer) => Caller;

/** Rights are looked at for each request: a connection loses them when a membership ends. */
export function callersBy(admins: Admins): CallerOf {
  return (peer) => ({ peer, admin: admins.hasPeer(peer) });
}
