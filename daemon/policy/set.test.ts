import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { atLeast, gates, shippedFloor } from '../../common/policy-floor.js';
import { setPolicy, settingsSchema } from './set.js';
import { firstState, type PolicyState, policyStateSchema } from './state.js';

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const three = fc.record({ confidence: unit, empathy: unit, safety: unit });

describe('set', () => {
  it('changes what is given, as the next version, with a record', () => {
    const { state, events } = setPolicy(firstState, { mode: 'supervised', thresholds: { safety: 0.99 } });
    const thresholds = { ...firstState.thresholds, safety: 0.99 };
    expect(state).toEqual({ ...firstState, mode: 'supervised', thresholds, version: 1 });
    const meta = { mode: 'supervised', modification: true, ...thresholds };
    expect(events).toEqual([{ event: 'AUDIT_POLICY_SET', id: null, meta }]);
  });

  it('can go back down to the floor', () => {
    const raised = setPolicy(firstState, { thresholds: { confidence: 0.9 } }).state;
    expect(setPolicy(raised, { thresholds: { confidence: 0.75 } }).state.thresholds).toEqual(shippedFloor);
  });

  it.each(gates)('refuses a %s below the floor and sets nothing', (gate) => {
    const settings = { mode: 'autonomous' as const, thresholds: { [gate]: shippedFloor[gate] - 0.01 } };
    expect(() => setPolicy(firstState, settings)).toThrowError(
      expect.objectContaining({ code: 'POLICY_FLOOR', errno: 'EPOLICY' }),
    );
  });

  it.each([
    ['the floor', { floor: { confidence: 0, empathy: 0, safety: 0 } }],
    ['the emergency stop', { stop: 'off' }],
    ['the queue', { queue: [] }],
    ['the version', { version: 0 }],
    ['nothing', {}],
    ['an unknown mode', { mode: 'wild' }],
    ['a threshold over 1', { thresholds: { safety: 1.01 } }],
    ['a threshold of its own', { thresholds: { joy: 0.5 } }],
  ])('takes no settings with %s', (_, settings) => {
    expect(settingsSchema.safeParse(settings).success).toBe(false);
  });

  it('whatever comes, no threshold is ever below the floor, and the floor stands', () => {
    const settings = fc.record(
      {
        mode: fc.constantFrom('supervised' as const, 'autonomous' as const),
        modification: fc.boolean(),
        thresholds: fc.record({ confidence: unit, empathy: unit, safety: unit }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(settings), three, (all, floor) => {
        let state: PolicyState = { ...firstState, floor, thresholds: atLeast(firstState.thresholds, floor) };
        for (const one of all) {
          try {
            state = setPolicy(state, one).state;
          } catch (error) {
            expect(error).toBeInstanceOf(SherinError);
          }
          expect(state.floor).toEqual(floor);
          for (const gate of gates) expect(state.thresholds[gate]).toBeGreaterThanOrEqual(floor[gate]);
        }
      }),
    );
  });
});

describe('a new floor', () => {
  it('lifts thresholds that were below it, and lowers none', () => {
    const floor = { confidence: 0.9, empathy: 0.1, safety: 0.95 };
    const thresholds = atLeast(firstState.thresholds, floor);
    expect(thresholds).toEqual({ confidence: 0.9, empathy: 0.65, safety: 0.95 });
    expect(policyStateSchema.safeParse({ ...firstState, floor, thresholds }).success).toBe(true);
  });
});
