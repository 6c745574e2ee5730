import { SherinError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { Pattern } from '../patterns/pattern.js';
import type { PatternKey } from '../patterns/pattern-key.js';
import type { PatternUpkeep } from '../patterns/upkeep.js';
import type { QueuedAction } from '../policy/state.js';
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

  /** Somebody has said yes to a promotion that had to wait: it happens where the pattern is still ripe. */
  approved({ action_id }: Pick<QueuedAction, 'action_id'>): void {
    const [, start = '', owner = ''] = /^pattern-([0-9a-f]{32})-(\d+)$/.exec(action_id) ?? [];
    const promoted = this.#parts.patterns.promoteNamed(Buffer.from(start, 'hex'), Number(owner));
    this.#parts.log.info({ promoted }, 'a promotion was approved');
  }

  /** A decision that Sherin takes by itself, and that is undone with a measured failure. */
  async #mayPromote({ key, owner }: Pattern): Promise<boolean> {
    const { policy } = this.#parts;
    const name = nameOf(key, owner);
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

/** Of the key the first half, as a short name has no room for all of it. */
function nameOf(key: PatternKey, owner: number): string {
  return `pattern-${key.toString('hex', 0, 16)}-${owner}`;
}
