/**
 * What a person has approved is done, and once: the vault names it until it is done, and what it does is one transaction of sherind's database
 * together with the word that it was done.
 */
import { SherinError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { ActionType } from '../../common/policy-scales.js';
import { nowNanoseconds } from '../../common/time.js';
import type { DaemonDatabase } from '../database/database.js';
import { blockOf, type Feelings } from '../policy/evaluate.js';
import { approve, executed } from '../policy/queue.js';
import type { QueuedAction } from '../policy/state.js';
import type { ControlCaller } from '../protocol/objects.js';
import type { PolicyKeeper } from './policy-keeper.js';

/** Does an action, by changes of sherind's database alone. */
export type Step = (action: QueuedAction) => void;

const sql = {
  isDone: 'SELECT 1 FROM executedActions WHERE action = ?',
  done: 'INSERT INTO executedActions (action) VALUES (?)',
  forget: 'DELETE FROM executedActions WHERE action = ?',
} as const;

export interface ApprovedActionsParts {
  readonly database: DaemonDatabase;
  readonly keeper: PolicyKeeper;
  readonly feelings: () => Feelings;
  readonly log: Logger;
}

export class ApprovedActions {
  readonly #parts: ApprovedActionsParts;
  readonly #steps = new Map<ActionType, Step>();
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(parts: ApprovedActionsParts) {
    this.#parts = parts;
    parts.keeper.watch(() => this.resume());
  }

  /** What an approved action of a type does. */
  on(type: ActionType, step: Step): void {
    this.#steps.set(type, step);
    this.resume();
  }

  /**
   * Resolves when it is done, or when that is left to a moment at which the vault can be asked.
   * @throws SherinError ACTION_UNKNOWN, where nobody here does such, too: it waits on then; POLICY_BLOCKED; as {@link PolicyKeeper.change}
   */
  async approve(actionId: string, caller: ControlCaller): Promise<void> {
    const { database, keeper, feelings } = this.#parts;
    const answer = { actionId, uid: caller.uid, now: nowNanoseconds() };
    const { action } = await keeper.change((state) => {
      const approved = approve(state, answer, feelings());
      if (!this.#steps.has(approved.action.type)) throw new SherinError('ACTION_UNKNOWN', { id: actionId });
      // An earlier one had this name.
      database.run(sql.forget, actionId);
      return approved;
    }, caller);
    await this.#do(action);
  }

  /** Does what was approved and not done, before a crash for example, and is not blocked meanwhile. */
  resume(): void {
    const { keeper, feelings, log } = this.#parts;
    const { known } = keeper;
    for (const action of known?.approved ?? []) {
      if (known === null || blockOf({ ...known, stop: keeper.stop }, action.type, feelings()) !== null)
        continue;
      this.#do(action).catch((error: unknown) =>
        log.error({ err: error, action: action.action_id }, 'an approved action is not done yet'),
      );
    }
  }

  #do(action: QueuedAction): Promise<void> {
    const { action_id } = action;
    const underWay = this.#underWay.get(action_id);
    if (underWay !== undefined) return underWay;
    const isThere = this.#parts.keeper.known?.approved.some((other) => other.action_id === action_id);
    const step = this.#steps.get(action.type);
    // Somebody else has done it meanwhile; or nobody can yet.
    if (isThere !== true || step === undefined) return Promise.resolve();
    const done = this.#finish(action, step).finally(() => this.#underWay.delete(action_id));
    this.#underWay.set(action_id, done);
    return done;
  }

  async #finish(action: QueuedAction, step: Step): Promise<void> {
    const { database, keeper, log } = this.#parts;
    const { action_id } = action;
    database.transaction(() => {
      if (database.get(sql.isDone, action_id) !== undefined) return;
      step(action);
      database.run(sql.done, action_id);
    });
    try {
      await keeper.change((state) => executed(state, action_id), null);
      database.run(sql.forget, action_id);
    } catch (error) {
      log.error({ err: error, action: action_id }, 'an action is done, and the vault does not know it yet');
    }
  }
}
