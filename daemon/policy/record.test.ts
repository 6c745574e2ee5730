import { describe, expect, it } from 'vitest';
import { compileAccess } from '../../common/access/decide.js';
import type { AccessRule } from '../../common/access/rules.js';
import { queuedAction } from './queue.fixture.js';
import { accessRulesOf, type PolicyRecord, policyRecordSchema } from './record.js';
import { firstState, mostQueued, policyStateSchema } from './state.js';

const rule = (name: string, effect: AccessRule['effect']): AccessRule => ({
  ...{ name, effect, who: 'anyone', where: { path: 'secret/**' } },
  operations: ['read'],
});
const record = (floor: AccessRule[], rules: AccessRule[]): PolicyRecord => ({
  v: 1,
  state: firstState,
  access: { floor, rules },
});

describe('the record', () => {
  it('has rules of the floor that come first: no rule opens what they deny', () => {
    const full = policyRecordSchema.parse(record([rule('floor', 'deny')], [rule('open', 'allow')]));
    const access = { uid: 0, gids: [], bot: null, operation: 'read', namespace: null } as const;
    const decision = compileAccess(accessRulesOf(full))({ ...access, path: ['secret', 'a'] });
    expect(decision).toEqual({ effect: 'deny', rule: 'floor' });
  });

  it('has no rule of the floor that allows, and no two of one name', () => {
    expect(policyRecordSchema.safeParse(record([rule('floor', 'allow')], [])).success).toBe(false);
    expect(policyRecordSchema.safeParse(record([rule('a', 'deny')], [rule('a', 'allow')])).success).toBe(
      false,
    );
  });
});

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
