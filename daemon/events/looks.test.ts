/** What has changed of what sherind knows: each change is told once. */
import { describe, expect, it } from 'vitest';
import { shippedFloor } from '../../common/policy-floor.js';
import type { Stop } from '../../common/policy-scales.js';
import { firstState, type PolicyState } from '../policy/state.js';
import { GateWatch } from './gate-watch.js';
import { PolicyLook } from './policy-look.js';

describe('the policy', () => {
  const keeper: { known: PolicyState | null; stop: Stop } = { known: null, stop: 'off' };

  it('is told of by what has become another, and not by what is learned first', () => {
    const look = new PolicyLook(keeper);
    keeper.known = firstState;
    expect(look.news()).toBeNull();
    const action = { action_id: 'one' } as PolicyState['queue'][number];
    keeper.known = { ...firstState, version: 1, mode: 'autonomous', queue: [action] };
    expect(look.news()).toEqual({ kind: 'policy', mode: 'autonomous', waiting: 1 });
    expect(look.news()).toBeNull();
    keeper.known = { ...keeper.known, version: 2, modification: false };
    expect(look.news()).toBeNull();
  });

  it('is compared with what was known before the vault was closed', () => {
    keeper.known = firstState;
    const look = new PolicyLook(keeper);
    keeper.known = null;
    keeper.stop = 'on';
    expect(look.news()).toEqual({ kind: 'policy', stop: 'on' });
    keeper.known = { ...firstState, mode: 'supervised' };
    expect(look.news()).toEqual({ kind: 'policy', mode: 'supervised' });
  });
});

it('a gate is told of when it crosses its threshold, either way, or the threshold crosses it', () => {
  const gates = new GateWatch();
  const good = { confidence: 0.8, empathy: 0.8, safety: 1 };
  expect(gates.look(good, shippedFloor)).toEqual([]);
  const down = { kind: 'emotion', dimension: 'confidence', crossed: 'down', value: 0.7, threshold: 0.75 };
  expect(gates.look({ ...good, confidence: 0.7 }, shippedFloor)).toEqual([down]);
  expect(gates.look({ ...good, confidence: 0.6 }, shippedFloor)).toEqual([]);
  const up = { ...down, crossed: 'up', value: 0.75 };
  expect(gates.look({ ...good, confidence: 0.75 }, shippedFloor)).toEqual([up]);
  expect(gates.look(good, { ...shippedFloor, empathy: 0.9 })).toMatchObject([
    { dimension: 'empathy', crossed: 'down', threshold: 0.9 },
  ]);
});
