import type { Engine } from '../engine/engine.js';
import { newsOf } from '../tasks/task-news.js';
import type { TaskWatch } from '../tasks/task-watch.js';
import type { DaemonEvent } from './daemon-event.js';
import { GateWatch } from './gate-watch.js';
import { PolicyLook } from './policy-look.js';

/** The emotional state changes with time alone, too. */
const lookMs = 1_000;

/** Tells of what happens in sherind itself: to tasks, to the policy, to the emotional state. */
export class OwnEvents {
  readonly #ends: (() => void)[];

  constructor(engine: Engine, watch: TaskWatch, tell: (event: DaemonEvent) => void) {
    const look = new PolicyLook(engine.keeper);
    const gates = new GateWatch();
    const timer = setInterval(() => {
      const { thresholds } = engine.policy.get();
      for (const event of gates.look(engine.policy.feelings(), thresholds)) tell(event);
    }, lookMs).unref();
    this.#ends = [
      () => clearInterval(timer),
      watch.subscribe({}, (change) => tell({ kind: 'task', owner: change.task.owner, news: newsOf(change) })),
      engine.keeper.watch(() => {
        const news = look.news();
        if (news !== null) tell(news);
      }),
    ];
  }

  stop(): void {
    for (const end of this.#ends) end();
  }
}
