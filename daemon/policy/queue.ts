/** Actions that wait for a person: whoever takes one out gets it, nobody a second time. */
import { SherinError } from '../../common/errors.js';
import { type Change, changed, type PolicyEvent } from './change.js';
import { blockOf, type Feelings } from './evaluate.js';
import type { PolicyState, QueuedAction } from './state.js';

/** How long an action waits: a day. */
export const waitNanoseconds = 24n * 3_600_000_000_000n;

/** @throws SherinError ACTION_KNOWN for an ID that waits already, or was approved and is not done */
export function enqueue(state: PolicyState, action: QueuedAction): PolicyState {
  const { queue, approved } = state;
  if ([...queue, ...approved].some(({ action_id }) => action_id === action.action_id)) {
    throw new SherinError('ACTION_KNOWN', { id: action.action_id });
  }
  return changed(state, { queue: [...queue, action] });
}

export interface Approved extends Change {
  /** To be executed, once, when `state` is stored, which keeps it until {@link executed}. */
  readonly action: QueuedAction;
}

export interface Answer {
  readonly actionId: string;
  /** Of the approver. */
  readonly uid: number;
  /** Nanoseconds since 1970. */
  readonly now: bigint;
}

/**
 * A person's yes is about level, risk and mode only: what the first three steps block stays blocked, and waits.
 * @throws SherinError ACTION_UNKNOWN for what does not wait, any more
 * @throws SherinError POLICY_BLOCKED
 */
export function approve(state: PolicyState, answer: Answer, feelings: Feelings): Approved {
  const action = waiting(state, answer);
  const block = blockOf(state, action.type, feelings);
  if (block !== null) throw new SherinError('POLICY_BLOCKED', { what: action.type, part: block });
  const { state: without, events } = taken(state, action, 'AUDIT_POLICY_APPROVED', { uid: answer.uid });
  return { action, state: { ...without, approved: [...state.approved, action] }, events };
}

/** Without an approved action, which was executed; the same state where it is not there. */
export function executed(state: PolicyState, actionId: string): Change {
  const action = state.approved.find(({ action_id }) => action_id === actionId);
  if (action === undefined) return { state, events: [] };
  return {
    state: changed(state, { approved: state.approved.filter((other) => other !== action) }),
    events: [{ event: 'AUDIT_POLICY_EXECUTED', id: actionId, meta: { type: action.type } }],
  };
}

/** @throws SherinError ACTION_UNKNOWN for what does not wait, any more */
export function reject(state: PolicyState, answer: Answer): Change {
  return taken(state, waiting(state, answer), 'AUDIT_POLICY_REJECTED', { uid: answer.uid });
}

/** Without what has expired; the same state when nothing has. @param now nanoseconds since 1970 */
export function expire(state: PolicyState, now: bigint): Change {
  const gone = state.queue.filter((action) => isExpired(action, now));
  if (gone.length === 0) return { state, events: [] };
  return {
    state: changed(state, { queue: state.queue.filter((action) => !gone.includes(action)) }),
    events: gone.map(({ action_id, type }) => ({
      event: 'AUDIT_POLICY_EXPIRED',
      id: action_id,
      meta: { type },
    })),
  };
}

function waiting({ queue }: PolicyState, { actionId, now }: Answer): QueuedAction {
  const action = queue.find(({ action_id }) => action_id === actionId);
  if (action === undefined || isExpired(action, now))
    throw new SherinError('ACTION_UNKNOWN', { id: actionId });
  return action;
}

function isExpired({ expires }: QueuedAction, now: bigint): boolean {
  return BigInt(expires) <= now;
}

function taken(
  state: PolicyState,
  action: QueuedAction,
  event: PolicyEvent['event'],
  meta: PolicyEvent['meta'],
): Change {
  const { action_id, type } = action;
  return {
    state: changed(state, { queue: state.queue.filter((other) => other !== action) }),
    events: [{ event, id: action_id, meta: { type, ...meta } }],
  };
}
