import type { Emotion } from './emotion/emotion.js';
import type { EmotionalState } from './emotion/emotional-state.js';
import { consider, type Request } from './policy/consider.js';
import type { Feelings, Verdict } from './policy/evaluate.js';
import { firstState, type PolicyState } from './policy/state.js';
import type { Policy } from './router/policy.js';

/**
 * The policy of a new vault, in memory only. Its place is taken by what keeps the state in the vault, records each event and
 * makes changes: nothing changes here but the queue.
 */
export class MemoryPolicy implements Policy {
  readonly #emotions: EmotionalState;
  #state: PolicyState = firstState;

  constructor(emotions: EmotionalState) {
    this.#emotions = emotions;
  }

  get(): PolicyState {
    return this.#state;
  }

  feelings(): Emotion {
    return this.#emotions.emotion(performance.now());
  }

  async consider(request: Request, feelings: Feelings): Promise<Verdict> {
    const { state, verdict } = consider(this.#state, request, feelings, BigInt(Date.now()) * 1_000_000n);
    this.#state = state;
    return verdict;
  }

  /** It changes for nobody who waits. */
  watch(): () => void {
    return () => undefined;
  }
}
