import { describe, expect, it } from 'vitest';
import { queuedAction } from './queue.fixture.js';
import { firstState, mostQueued, policyStateSchema } from './state.js';

describe('the state', () => {
  it.each([
    ['a threshold below the floor', { thresholds: { confidence: 0.7, empathy: 0.65, safety: 0.95 } }],
    ['an unknown stop', { stop: 'maybe' }],
    ['a field of its own', { note: 'x' }],
    ['two actions of one ID', { queue: [queuedAction(), queuedAction()] }],
    ['an action with text', { queue: [{ ...queuedAction(), reasoning: 'because I say so' }] }],
    ['an action of unknown type', { queue: [{ ...queuedAction(), type: 'format_disk' }] }],
    [
      'a long queue',
      {
        queue: Array.from({ length: mostQueued + 1 }, (_, at) => queuedAction({ action_id: `a${at}` })),
      },
    ],
  ])('with %s is refused', (_, over) => {
    expect(policyStateSchema.safeParse(firstState).success).toBe(true);
    expect(policyStateSchema.safeParse({ ...firstState, ...over }).success).toBe(false);
  });
});
