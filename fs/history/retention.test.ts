/** Retention against a model that looks at each state by itself. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Retention, retained } from './retention.js';

const none: Retention = { last: 0, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: null };
const hour = 3_600_000_000_000n;
const at = (text: string): { time: bigint } => ({ time: BigInt(new Date(text).getTime()) * 1_000_000n });

/** Numbers of periods, by the local calendar. */
const units: readonly (readonly [keyof Retention, (time: Date) => number])[] = [
  ['hourly', (time) => Math.floor((time.getTime() / 60_000 - time.getTimezoneOffset()) / 60)],
  ['daily', (time) => (time.getFullYear() * 12 + time.getMonth()) * 31 + time.getDate()],
  [
    'weekly',
    (time) => {
      const midnight = Date.UTC(time.getFullYear(), time.getMonth(), time.getDate());
      return Math.floor((midnight / 86_400_000 + 3) / 7);
    },
  ],
  ['monthly', (time) => time.getFullYear() * 12 + time.getMonth()],
  ['yearly', (time) => time.getFullYear()],
];

/** A state is kept by a unit where it is the last one of its period and less than `count` later periods have states. */
function model(states: readonly { time: bigint }[], policy: Retention, now: bigint): boolean[] {
  return states.map(({ time }, index) => {
    const later = states.slice(index + 1);
    if (later.length === 0 || later.length < policy.last) return true;
    const end = later[0]?.time ?? now;
    if (policy.within !== null && end > now - policy.within) return true;
    return units.some(([name, of]) => {
      const period = (nanoseconds: bigint) => of(new Date(Number(nanoseconds / 1_000_000n)));
      const after = new Set(later.map((state) => period(state.time)));
      return !after.has(period(time)) && after.size < Number(policy[name]);
    });
  });
}

it('is the model', () => {
  const few = fc.oneof(fc.constant(0), fc.nat({ max: 4 }));
  const policy = fc.record({
    ...{ last: few, hourly: few, daily: few, weekly: few, monthly: few, yearly: few },
    within: fc.option(fc.bigInt({ min: 0n, max: 3000n * hour })),
  });
  const start = at('2024-01-01T00:00:00').time;
  /** Gaps of minutes to months. */
  const gap = fc.oneof(fc.nat({ max: 90 }), fc.nat({ max: 3000 }), fc.nat({ max: 60_000 }));
  fc.assert(
    fc.property(fc.array(gap, { maxLength: 40 }), policy, fc.nat({ max: 90_000 }), (gaps, wanted, rest) => {
      let time = start;
      const states = gaps.map((minutes) => {
        time += (BigInt(minutes) * hour) / 60n + 1n;
        return { time };
      });
      const now = time + (BigInt(rest) * hour) / 60n;
      expect(retained(states, wanted, now)).toEqual(model(states, wanted, now));
    }),
    { numRuns: 2000 },
  );
});

it('keeps what the path shows now, whatever is asked for', () => {
  expect(retained([at('2024-01-01'), at('2024-01-02')], none, at('2030-01-01').time)).toEqual([false, true]);
  expect(retained([], none, 0n)).toEqual([]);
});

it('keeps the newest of each day that has one', () => {
  const states = ['2024-03-01T08:00', '2024-03-01T20:00', '2024-05-05T10:00', '2024-05-05T11:00'].map(at);
  expect(retained(states, { ...none, daily: 2 }, at('2024-05-06').time)).toEqual([false, true, false, true]);
});

it('keeps within a time what was shown in it, however long before it was made', () => {
  const states = ['2020-01-01', '2024-05-01', '2024-05-20'].map(at);
  const within = 24n * 30n * hour;
  expect(retained(states, { ...none, within }, at('2024-05-29').time)).toEqual([true, true, true]);
  expect(retained(states, { ...none, within }, at('2024-06-02').time)).toEqual([false, true, true]);
});
