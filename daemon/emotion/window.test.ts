import fc from 'fast-check';
import { expect, it } from 'vitest';
import { steps, Window } from './window.js';

it('holds what was measured and lets it go a window later', () => {
  const window = new Window(60);
  window.add(2, 500);
  window.add(3, 30_000);
  expect(window.read(59_999)).toEqual({ sum: 5, count: 2 });
  expect(window.read(60_000)).toEqual({ sum: 3, count: 1 });
  expect(window.read(90_000)).toEqual({ sum: 0, count: 0 });
});

it('takes an earlier time for the latest one', () => {
  const window = new Window(60);
  window.add(1, 100_000);
  window.add(1, 0);
  expect(window.read(50_000)).toEqual({ sum: 2, count: 2 });
  expect(window.read(159_999)).toEqual({ sum: 2, count: 2 });
  expect(window.read(160_000)).toEqual({ sum: 0, count: 0 });
});

it('holds what a list of all measurements does, in steps', () => {
  const seconds = 600;
  const stepMs = (seconds * 1000) / steps;
  const event = fc.record({
    after: fc.integer({ min: 0, max: 900_000 }),
    value: fc.integer({ min: 0, max: 9 }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 100 }), (events) => {
      const window = new Window(seconds);
      const all: { step: number; value: number }[] = [];
      let now = 0;
      for (const { after, value } of events) {
        now += after;
        window.add(value, now);
        const step = Math.floor(now / stepMs);
        all.push({ step, value });
        const kept = all.filter((one) => one.step > step - steps);
        const sum = kept.reduce((total, one) => total + one.value, 0);
        expect(window.read(now)).toEqual({ sum, count: kept.length });
      }
    }),
  );
});
