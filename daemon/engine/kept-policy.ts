import { emotionClock } from '../../common/emotion-clock.js';
import { nowNanoseconds } from '../../common/time.js';
import type { Emotion } from '../emotion/emotion.js';
import type { EmotionalState } from '../emotion/emotional-state.js';
import { type Considered, consider, type Request } from '../policy/consider.js';
import type { Feelings, Verdict } from '../policy/evaluate.js';
import { expire } from '../policy/queue.js';
import { firstState, type PolicyState } from '../policy/state.js';
import type { Asker } from '../router/objects.js';
import type { Policy, Weighed } from '../router/policy.js';
import type { PolicyKeeper } from './policy-keeper.js';

/** The policy as the router and the execution ask it: what the keeper keeps, and the emotional state. */
export class KeptPolicy implements Policy {
  readonly #keeper: PolicyKeeper;
  readonly #emotions: EmotionalState;

  constructor(keeper: PolicyKeeper, emotions: EmotionalState) {
    this.#keeper = keeper;
    this.#emotions = emotions;
  }

  /** While the vault was never open that of a new one, with the stop that applies. */
  get(): PolicyState {
    return this.#keeper.known ?? { ...firstState, stop: this.#keeper.stop };
  }

  feelings(): Emotion {
    return this.#emotions.emotion(emotionClock());
  }

  weigh(request: Request, feelings: Feelings): Weighed | null {
    const { known, stop } = this.#keeper;
    if (known === null || known.stop !== stop) return null;
    const { state, verdict, events } = consider(known, request, feelings, nowNanoseconds());
    return state === known ? { verdict, events } : null;
  }

  async consider(request: Request, feelings: Feelings, asker: Asker | null): Promise<Verdict> {
    const at = nowNanoseconds();
    const { known } = this.#keeper;
    // What has expired is nobody's doing.
    if (known === null || expire(known, at).events.length > 0)
      await this.#keeper.change((state) => expire(state, at), null);
    const considered = await this.#keeper.change<Considered>(
      (state) => consider(state, request, feelings, at),
      asker,
    );
    return considered.verdict;
  }

  watch(changed: () => void): () => void {
    return this.#keeper.watch(changed);
  }
}
