export interface QueueLimits {
  /** Pieces of work that run at the same time. */
  readonly running: number;
  /** Of one user. */
  readonly runningPerUser: number;
}

interface Lane {
  readonly waiting: (() => void)[];
  running: number;
}

/** Runs work in turns of users, a piece of each: who asks for much waits behind himself. */
export class FairQueue {
  readonly #limits: QueueLimits;
  /** Users with work, who was served last at the end. */
  readonly #lanes = new Map<number, Lane>();
  #running = 0;
  #starting = false;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Starts `work` at once where nobody is before it. @returns its outcome */
  run<T>(uid: number, work: () => T | Promise<T>): T | Promise<T> {
    const lane = this.#lanes.get(uid) ?? { waiting: [], running: 0 };
    if (this.#hasRoom(lane)) return this.#begin(uid, lane, work);
    this.#lanes.set(uid, lane);
    return new Promise((resolve, reject) => {
      lane.waiting.push(() => {
        try {
          resolve(this.#begin(uid, lane, work));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Who waits in a lane with room has been started: of whom there is room for, nobody waits. */
  #hasRoom({ running }: Lane): boolean {
    return this.#running < this.#limits.running && running < this.#limits.runningPerUser;
  }

  #begin<T>(uid: number, lane: Lane, work: () => T | Promise<T>): T | Promise<T> {
    this.#lanes.delete(uid);
    this.#lanes.set(uid, lane);
    this.#running += 1;
    lane.running += 1;
    let outcome: T | Promise<T>;
    try {
      outcome = work();
    } catch (error) {
      this.#end(uid, lane);
      throw error;
    }
    if (!(outcome instanceof Promise)) {
      this.#end(uid, lane);
      return outcome;
    }
    return outcome.then(
      (value) => {
        this.#end(uid, lane);
        return value;
      },
      (error: unknown) => {
        this.#end(uid, lane);
        throw error;
      },
    );
  }

  #end(uid: number, lane: Lane): void {
    this.#running -= 1;
    lane.running -= 1;
    if (lane.running === 0 && lane.waiting.length === 0) this.#lanes.delete(uid);
    this.#start();
  }

  #start(): void {
    // What ends at once would start the next within its own end, and so on.
    if (this.#starting) return;
    this.#starting = true;
    for (let next = this.#next(); next !== null; next = this.#next()) next();
    this.#starting = false;
  }

  /** The next work of the user who was served longest ago and may have more running. */
  #next(): (() => void) | null {
    if (this.#running >= this.#limits.running) return null;
    for (const lane of this.#lanes.values()) {
      if (lane.running >= this.#limits.runningPerUser) continue;
      const work = lane.waiting.shift();
      if (work !== undefined) return work;
    }
    return null;
  }
}
