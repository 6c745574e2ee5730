/** A request for an action: evaluated, and put into the queue where a person has to decide. */
import type { z } from 'zod';
import { shortNameSchema } from '../../common/short-name.js';
import type { Change } from './change.js';
import { actionSchema, evaluate, type Feelings, levelOf, type Verdict } from './evaluate.js';
import { enqueue, expire, waitNanoseconds } from './queue.js';
import { mostQueued, type PolicyState, type QueuedAction } from './state.js';

export const requestSchema = actionSchema.safeExtend({
  action_id: shortNameSchema,
  /** Who wants it. */
  component: shortNameSchema,
  /** Name or ID of why, and of how it is undone. */
  reasoning: shortNameSchema,
  rollback: shortNameSchema,
});
export type Request = Readonly<z.infer<typeof requestSchema>>;

export interface Considered extends Change {
  /** Only `approved` and `auto_approved` let anything happen. */
  readonly verdict: Verdict;
}

/**
 * What would have to wait where {@link mostQueued} actions wait already is blocked.
 * @param now nanoseconds since 1970
 * @throws SherinError ACTION_KNOWN for an ID that waits already
 */
export function consider(state: PolicyState, request: Request, feelings: Feelings, now: bigint): Considered {
  const expired = expire(state, now);
  const verdict = withPlace(evaluate(state, request, feelings), expired.state);
  const { action_id, component, type, level, risk } = request;
  const { decision, reason } = verdict;
  const meta = { component, type, level, risk, decision, reason };
  return {
    verdict,
    state: waits(verdict) ? enqueue(expired.state, queued(request, feelings, now)) : expired.state,
    events: [...expired.events, { event: 'AUDIT_POLICY_EVALUATED', id: action_id, meta }],
  };
}

function waits({ decision }: Verdict): boolean {
  return decision === 'pending_review' || decision === 'requires_human';
}

function withPlace(verdict: Verdict, { queue, approved }: PolicyState): Verdict {
  return waits(verdict) && queue.length + approved.length >= mostQueued
    ? { decision: 'blocked', reason: 'queue_full' }
    : verdict;
}

function queued(request: Request, feelings: Feelings, now: bigint): QueuedAction {
  const { action_id, component, type, risk, reasoning, rollback } = request;
  const [level, confidence] = [levelOf(request), feelings.confidence ?? 0];
  const [ts, expires] = [now.toString(), (now + waitNanoseconds).toString()];
  return { action_id, ts, component, type, level, risk, confidence, reasoning, rollback, expires };
}
