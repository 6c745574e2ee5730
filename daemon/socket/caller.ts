import type { Admins } from '../../common/admins.js';

/** A process at the other end of a connection, in the kernel's word: nothing a caller says about itself counts. */
export interface Peer {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Null once the process has ended. */
  readonly pid: number | null;
}

/** The way to a client for what it did not just ask. The same object for all requests of a connection. */
export interface Outlet {
  readonly closed: boolean;
  /** Sends a line, its end included. False: the client does not read, so nothing may follow but the word that this is so. */
  send(line: Buffer): boolean;
  /** The connection is not closed for want of requests until the returned function is called. */
  hold(): () => void;
}

/** Who made a request. */
export interface Caller {
  readonly peer: Peer;
  /** Looked at whenever it is asked: a connection loses the right when the membership ends. */
  readonly admin: boolean;
  readonly outlet: Outlet;
}

/** A connection as requests know it. */
export interface Client extends Outlet {
  readonly peer: Peer;
}

export type CallerOf = (client: Client) => Caller;

export function callersBy(admins: Admins): CallerOf {
  return (client) => ({
    peer: client.peer,
    outlet: client,
    get admin() {
      return admins.hasPeer(client.peer);
    },
  });
}
