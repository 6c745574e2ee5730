import { SherinError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { Pattern } from '../patterns/pattern.js';
import type { PatternUpkeep } from '../patterns/upkeep.js';
import type { TaskQueue } from '../tasks/task-queue.js';
import type { Classification } from './classification.js';
import { isApproved, type Policy } from './policy.js';

const hourMs = 3_600_000;

export interface UpkeepParts {
  readonly patterns: PatternUpkeep;
  readonly queue: TaskQueue;
  readonly classification: Classification;
  readonly policy: Policy;
  readonly log: Logger;
}

/** What happens each hour without anyone asking: promotion as policy says, and forgetting. */
export class Upkeep {
  readonly #parts: UpkeepParts;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.run().catch((error: unknown) => this.#parts.log.error({ err: error }, 'the upkeep failed'));
    }, hourMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** @throws SherinError DAEMON_DATABASE, NO_SPACE; as {@link Policy.consider} */
  async run(): Promise<void> {
    const { patterns, queue, classification, log } = this.#parts;
    const done = await patterns.run((pattern) => this.#mayPromote(pattern));
    let trees = 0;
    for (let batch = queue.forget(); batch > 0; batch = queue.forget()) trees += batch;
    log.info({ ...done, trees, classifications: classification.forget() }, 'upkeep');
  }

  /** A decision that Sherin takes by itself, and that is undone with a measured failure. */
  async #mayPromote({ key, owner }: Pattern): Promise<boolean> {
    const { policy } = this.#parts;
    const name = `pattern-${key.toString('hex', 0, 16)}-${owner}`;
    const action = { type: 'pattern_promotion', level: null, risk: 'MINOR' } as const;
    const about = { action_id: name, component: 'patterns', reasoning: name, rollback: 'task.feedback' };
    try {
      return isApproved(await policy.consider({ ...action, ...about }, policy.feelings(), null));
    } catch (error) {
      // It waits for a person already.
      if (error instanceof SherinError && error.code === 'ACTION_KNOWN') return false;
      throw error;
    }
  }
}
