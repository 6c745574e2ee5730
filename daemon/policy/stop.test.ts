import { describe, expect, it } from 'vitest';
import type { Stop } from '../../common/policy-scales.js';
import { actionTypeNames } from '../../common/policy-scales.js';
import { findingOf } from './cache.js';
import { evaluate } from './evaluate.js';
import { setPolicy } from './set.js';
import { firstState, policyStateSchema } from './state.js';
import { setStop, stopInForce } from './stop.js';

describe('the emergency stop', () => {
  it.each([
    ['off', 'off', 'off'],
    ['on', 'off', 'on'],
    ['off', 'on', 'on'],
    ['on', 'on', 'on'],
    ['freeze', 'on', 'freeze'],
    ['off', 'freeze', 'freeze'],
    [null, 'on', 'on'],
    [null, 'off', 'off'],
  ] as const)('%s in the vault and %s in the cache: %s', (vault, cached, inForce) => {
    expect(stopInForce(vault, cached)).toBe(inForce);
  });

  it.each(actionTypeNames)('blocks %s', (type) => {
    for (const stop of ['on', 'freeze'] as const) {
      const { state } = setStop({ ...firstState, mode: 'autonomous' }, stop);
      const felt = { confidence: 1, empathy: 1, safety: 1 };
      expect(evaluate(state, { type, level: 'MINIMAL', risk: null }, felt).reason).toBe('emergency_stop');
    }
  });

  it('is a version of its own when it is set and when it is cleared, each with a record', () => {
    const set = setStop(firstState, 'freeze');
    const cleared = setStop(set.state, 'off');
    expect([set.state.version, cleared.state.version]).toEqual([1, 2]);
    expect([...set.events, ...cleared.events].map(({ event, meta }) => [event, meta])).toEqual([
      ['AUDIT_POLICY_STOP', { from: 'off', to: 'freeze' }],
      ['AUDIT_POLICY_STOP', { from: 'freeze', to: 'off' }],
    ]);
    expect(cleared.state).toEqual({ ...firstState, version: 2 });
  });

  it('stays through what is stored and read again', () => {
    const { state } = setStop(firstState, 'on');
    expect(policyStateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });
});

describe('the cached copy', () => {
  const vault = setPolicy(firstState, { mode: 'supervised' }).state;

  it('that is the same changes nothing', () => {
    expect(findingOf(vault, { ...vault })).toBe('same');
  });

  it('that a crash left an older one is behind', () => {
    expect(findingOf(vault, firstState)).toBe('behind');
  });

  it.each([
    ['mode', { mode: 'autonomous' }],
    ['a floor', { floor: { confidence: 0, empathy: 0, safety: 0 } }],
    ['the switch for modifications', { modification: false }],
    ['a version to come', { version: 9 }],
  ] as const)('with another %s gains nothing and is found out', (_, over) => {
    expect(findingOf(vault, { ...vault, ...over })).toBe('edited');
  });

  it('without the stop that the vault has gains nothing and is found out', () => {
    const stopped = setStop(vault, 'on').state;
    const edited: Stop = 'off';
    expect(findingOf(stopped, { ...stopped, stop: edited })).toBe('edited');
  });

  it('with a stop that was set while the vault was locked was edited by nobody', () => {
    expect(findingOf(vault, { ...vault, stop: 'freeze' })).toBe('same');
  });

  it('that a crash kept from being cleared is behind', () => {
    const stopped = setStop(vault, 'on').state;
    const cleared = setStop(stopped, 'off').state;
    expect(findingOf(cleared, stopped)).toBe('behind');
  });
});
