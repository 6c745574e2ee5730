import { emotionClock } from '../../common/emotion-clock.js';
import type { EmotionalState } from '../emotion/emotional-state.js';
import type { TaskChange } from '../tasks/task-watch.js';

/** What the emotional state hears of tasks. */
export class Measuring {
  readonly #state: EmotionalState;
  readonly #clock: () => number;

  /** @param clock milliseconds that never go back */
  constructor(state: EmotionalState, clock: () => number = emotionClock) {
    this.#state = state;
    this.#clock = clock;
  }

  lookedUp(known: boolean): void {
    this.#state.patternLookedUp(known, this.#clock());
  }

  /** Only what a bot has worked on counts: not what was cancelled, refused or known. */
  changed({ task, from }: TaskChange): void {
    if (from !== 'running') return;
    if (task.state === 'done') this.#state.taskEnded('unmeasured', this.#clock());
    if (task.state === 'failed') this.#state.taskEnded('failed', this.#clock());
  }

  /** A result was measured: it counts as an end of its own, after the one that nobody had measured. */
  measured(good: boolean): void {
    this.#state.taskEnded(good ? 'succeeded' : 'failed', this.#clock());
  }

  /** @param users who wait for a task; `queue`: share of its places that is taken, `load`: of those for running tasks */
  observed({
    users,
    queue,
    load,
  }: {
    readonly users: number;
    readonly queue: number;
    readonly load: number;
  }): void {
    const now = this.#clock();
    this.#state.observed('waiting', users, now);
    this.#state.observed('queue', queue, now);
    this.#state.observed('load', load, now);
  }
}
