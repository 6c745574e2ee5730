export interface ShareLimits {
  /** Of all users. */
  readonly connections: number;
  /** Of them those that only root and sherind's own user get. */
  readonly reserved: number;
  /** Of one user. */
  readonly connectionsPerUser: number;
}

/**
 * How many connections each user has. A user has at most as many as are free: however many users take all that they get, there is
 * place for another one.
 */
export class ConnectionShares {
  readonly #limits: ShareLimits;
  readonly #users = new Map<number, number>();
  #all = 0;

  constructor(limits: ShareLimits) {
    this.#limits = limits;
  }

  /** Gives a connection its place; false where there is none. */
  take(uid: number): boolean {
    const { connections, reserved, connectionsPerUser } = this.#limits;
    const own = this.#users.get(uid) ?? 0;
    const free = connections - this.#all;
    const most = isTrusted(uid) ? own + free : Math.min(connectionsPerUser, free - reserved);
    if (own >= most) return false;
    this.#users.set(uid, own + 1);
    this.#all += 1;
    return true;
  }

  give(uid: number): void {
    const left = (this.#users.get(uid) ?? 0) - 1;
    if (left > 0) this.#users.set(uid, left);
    else this.#users.delete(uid);
    this.#all -= 1;
  }
}

/** Who could stop sherind anyway. */
function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.();
}
