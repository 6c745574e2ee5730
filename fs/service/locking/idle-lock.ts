import type { Logger } from '../../../common/log.js';

/** Milliseconds between looks, at most: so much later than it should the vault may lock. */
const longestLook = 5_000;
const looksInTime = 10;

export interface IdleLockParts {
  /** Seconds without use after which the vault locks itself; null: never. */
  readonly seconds: number | null;
  /** Changes with each use that nobody tells of here: what programs open, read, change and sync at the mount. Null while locked. */
  readonly mark: () => string | null;
  /** @throws as VaultService.lock */
  readonly lock: () => Promise<void>;
  readonly log: Logger;
  /** Milliseconds; one that goes on while the machine sleeps. */
  readonly clock?: () => number;
}

/** Locks the vault when nobody has used it for a while. Open files that nobody reads or writes are no use of it. */
export class IdleLock {
  readonly #parts: IdleLockParts;
  readonly #clock: () => number;
  #last: number;
  #used = false;
  /** Requests under way. */
  #running = 0;
  #mark: string | null = null;
  #locking = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: IdleLockParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? Date.now;
    this.#last = this.#clock();
  }

  get seconds(): number | null {
    return this.#parts.seconds;
  }

  /** Somebody asks for content: a use to the end of the request; one that is refused is none. */
  async using<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      const result = await work();
      this.#used = true;
      return result;
    } finally {
      this.#running -= 1;
    }
  }

  /** Looks from now on. */
  start(): void {
    const { seconds } = this.#parts;
    if (seconds === null) return;
    const every = Math.min(longestLook, (seconds * 1000) / looksInTime);
    this.#timer = setInterval(() => void this.look(), every).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Seconds until it locks, if nobody uses it; null while it is locked, or never does. */
  left(): number | null {
    const { seconds } = this.#parts;
    if (seconds === null || !this.#notice()) return null;
    return Math.max(0, Math.ceil(seconds - (this.#clock() - this.#last) / 1000));
  }

  /** Locks when it is time. */
  async look(): Promise<void> {
    const { seconds, lock, log } = this.#parts;
    if (seconds === null || !this.#notice() || this.#locking) return;
    if (this.#clock() - this.#last < seconds * 1000) return;
    this.#locking = true;
    log.info({ seconds }, 'nobody has used the vault: it is locked');
    // It is locked all the same where something could not be sealed, and has said so.
    await lock().catch((error: unknown) => log.error({ err: error }, 'locking an idle vault failed'));
    this.#locking = false;
  }

  /** Takes in what has happened since the last look; false while locked. */
  #notice(): boolean {
    const mark = this.#parts.mark();
    const now = this.#clock();
    const same = mark === this.#mark && !this.#used && this.#running === 0;
    // A clock that was set back must not keep the vault open for longer.
    if (!same || now < this.#last) this.#last = now;
    this.#mark = mark;
    this.#used = false;
    return mark !== null;
  }
}
