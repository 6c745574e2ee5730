import type { Mode, Stop } from '../../common/policy-scales.js';
import type { PolicyKeeper } from '../engine/policy-keeper.js';
import type { PolicyNews } from '../protocol/methods/event.js';

interface Known {
  readonly mode: Mode | null;
  readonly stop: Stop;
  readonly waiting: number | null;
}

/** What of the policy has become another since it was looked at last. While it was never read only the stop is known. */
export class PolicyLook {
  readonly #keeper: Pick<PolicyKeeper, 'known' | 'stop'>;
  #last: Known;

  constructor(keeper: Pick<PolicyKeeper, 'known' | 'stop'>) {
    this.#keeper = keeper;
    this.#last = seen(keeper);
  }

  /** Null: nothing that is told of. */
  news(): PolicyNews | null {
    const [last, now] = [this.#last, seen(this.#keeper)];
    // What was known once is compared with what is known next, whatever lies between.
    this.#last = { ...now, mode: now.mode ?? last.mode, waiting: now.waiting ?? last.waiting };
    const news = {
      ...(differs(last.mode, now.mode) ? { mode: now.mode } : {}),
      ...(last.stop === now.stop ? {} : { stop: now.stop }),
      ...(differs(last.waiting, now.waiting) ? { waiting: now.waiting } : {}),
    };
    return Object.keys(news).length === 0 ? null : ({ kind: 'policy', ...news } as PolicyNews);
  }
}

function seen({ known, stop }: Pick<PolicyKeeper, 'known' | 'stop'>): Known {
  return { mode: known?.mode ?? null, stop, waiting: known?.queue.length ?? null };
}

/** What is learned for the first time has not changed. */
function differs<T>(last: T | null, now: T | null): boolean {
  return last !== null && now !== null && last !== now;
}
