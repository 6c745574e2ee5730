export interface QueueLimits {
  /** Pieces of work that run at the same time. */
  readonly running: number;
  /** Of one user. */
  readonly runningPerUser: number;
}

interface Lane {
  readonly waiting: (() => Promise<void>)[];
  running: number;
}

/** Runs work in turns of users, a piece of each: who asks for much waits behind himself. */
export class FairQueue {
  readonly #limits: QueueLimits;
  /** Users with work, who was served last at the end. */
  readonly #lanes = new Map<number, Lane>();
  #running = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Starts `work` at once where nobody is before it. @returns its outcome */
  run<T>(uid: number, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const lane = this.#lanes.get(uid) ?? { waiting: [], running: 0 };
      this.#lanes.set(uid, lane);
      lane.waiting.push(() => work().then(resolve, reject));
      this.#start();
    });
  }

  #start(): void {
    while (this.#running < this.#limits.running) {
      const next = this.#next();
      if (next === null) return;
      const [uid, lane, work] = next;
      this.#running += 1;
      lane.running += 1;
      void work().then(() => {
        this.#running -= 1;
        lane.running -= 1;
        if (lane.running === 0 && lane.waiting.length === 0) this.#lanes.delete(uid);
        this.#start();
      });
    }
  }

  /** The next work of the user who was served longest ago and may have more running. */
  #next(): [uid: number, lane: Lane, work: () => Promise<void>] | null {
    for (const [uid, lane] of this.#lanes) {
      if (lane.running >= this.#limits.runningPerUser) continue;
      const work = lane.waiting.shift();
      if (work === undefined) continue;
      this.#lanes.delete(uid);
      this.#lanes.set(uid, lane);
      return [uid, lane, work];
    }
    return null;
  }
}
