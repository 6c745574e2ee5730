/** Requests and feelings for tests of the queue. */
import type { Request } from './consider.js';
import { waitNanoseconds } from './queue.js';
import type { QueuedAction } from './state.js';

export const calm = { confidence: 0.8, empathy: 0.8, safety: 1 };

export function request(over: Partial<Request> = {}): Request {
  const words = { component: 'patterns', reasoning: 'three-successes', rollback: 'demote' };
  return { action_id: 'a1', type: 'pattern_promotion', level: 'MEDIUM', risk: null, ...words, ...over };
}

/** What {@link request} becomes when it has come at `ts` nanoseconds. */
export function queuedAction(over: Partial<QueuedAction> = {}, ts = 0n): QueuedAction {
  const { level: _, ...asked } = request();
  const times = { ts: ts.toString(), expires: (ts + waitNanoseconds).toString() };
  return { ...asked, level: 'MEDIUM', confidence: calm.confidence, ...times, ...over };
}
