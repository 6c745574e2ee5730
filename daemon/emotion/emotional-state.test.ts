import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consider } from '../policy/consider.js';
import { request } from '../policy/queue.fixture.js';
import { firstState } from '../policy/state.js';
import { type CustomDimension, customDimensionsSchema, dimensionNames, dimensions } from './dimensions.js';
import { claimSchema, type Emotion, loweredBy } from './emotion.js';
import { EmotionalState } from './emotional-state.js';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** What the engine says of promoting a pattern. */
function promotion(emotion: Emotion): string {
  const { decision, reason } = consider(firstState, request({ level: 'LOW' }), emotion, 0n).verdict;
  return decision === 'blocked' ? reason : decision;
}

function afterFailures(count: number): EmotionalState {
  const state = new EmotionalState();
  for (let at = 0; at < count; at++) state.taskEnded('failed', at * second);
  return state;
}

describe('a burst of failures', () => {
  it('takes confidence below its threshold and blocks promotion; one failure does not', () => {
    expect(promotion(new EmotionalState().emotion(0))).toBe('auto_approved');
    expect(promotion(afterFailures(1).emotion(minute))).toBe('auto_approved');
    const state = afterFailures(10);
    expect(state.emotion(minute).confidence).toBe(0.55);
    expect(promotion(state.emotion(minute))).toBe('confidence_low');
  });

  it('is made good by successes', () => {
    const state = afterFailures(10);
    let successes = 0;
    while (promotion(state.emotion(minute)) !== 'auto_approved') {
      state.taskEnded('succeeded', minute);
      successes++;
    }
    expect(successes).toBe(16);
  });

  it('and by time', () => {
    const state = afterFailures(10);
    expect(promotion(state.emotion(9 * minute))).toBe('confidence_low');
    expect(promotion(state.emotion(11 * minute))).toBe('auto_approved');
    expect(state.emotion(11 * minute).confidence).toBe(dimensions.confidence.initial);
  });

  it('is not made good by tasks of which nobody measured a success', () => {
    const state = afterFailures(2);
    const before = state.emotion(minute).confidence;
    state.taskEnded('unmeasured', minute);
    const after = state.emotion(minute);
    expect(state.feelings(minute).get('confidence')?.inputs.success).toBe(0);
    expect(after.confidence).toBeLessThan(dimensions.confidence.initial);
    expect(after.confidence).toBeGreaterThan(before);
  });
});

it('one cube that fails verification blocks promotion for a day', () => {
  const state = new EmotionalState();
  state.integrityFailed(0);
  expect(state.emotion(23 * hour).safety).toBe(0.9);
  expect(promotion(state.emotion(23 * hour))).toBe('safety_low');
  expect(promotion(state.emotion(25 * hour))).toBe('auto_approved');
});

it('many who wait block work on itself', () => {
  const state = new EmotionalState();
  state.observed('waiting', 8, 0);
  expect(state.emotion(0).empathy).toBe(0.65);
  expect(promotion(state.emotion(0))).toBe('auto_approved');
  state.observed('waiting', 40, second);
  expect(promotion(state.emotion(second))).toBe('empathy_low');
  expect(state.emotion(second).urgency).toBeGreaterThan(0.5);
});

describe("a caller's claim", () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true });
  const claims = fc.dictionary(fc.constantFrom(...dimensionNames), unit);

  it('of safety 1 gains nothing', () => {
    const state = new EmotionalState();
    state.integrityFailed(0);
    const emotion = state.emotion(0);
    expect(loweredBy(emotion, { safety: 1 })).toEqual(emotion);
    expect(promotion(loweredBy(emotion, { safety: 1, confidence: 1, empathy: 1 }))).toBe('safety_low');
  });

  it('can lower a value for its task, and leaves the state as it is', () => {
    const emotion = new EmotionalState().emotion(0);
    expect(promotion(loweredBy(emotion, { empathy: 0.2 }))).toBe('empathy_low');
    expect(emotion.empathy).toBe(dimensions.empathy.initial);
  });

  it('whatever it is never raises a value', () => {
    const emotions = fc.array(unit, { minLength: 7, maxLength: 7 }).map((values) => {
      const named = dimensionNames.map((name, at) => [name, values[at] ?? 0]);
      return Object.fromEntries(named) as Emotion;
    });
    fc.assert(
      fc.property(emotions, claims, (emotion, claim) => {
        const lowered = loweredBy(emotion, claimSchema.parse(claim));
        for (const name of dimensionNames)
          expect(lowered[name]).toBe(Math.min(emotion[name], claim[name] ?? emotion[name]));
      }),
    );
  });

  it.each([{ safety: 1.1 }, { safety: -1 }, { safety: Number.NaN }, { safety: '1' }, { joy: 1 }])(
    'of %j is refused',
    (claim) => expect(claimSchema.safeParse(claim).success).toBe(false),
  );
});

describe('custom dimensions', () => {
  const patience: CustomDimension = {
    name: 'patience',
    initial: 0.5,
    windowSeconds: 120,
    weights: { load: -0.5, success: 0.25 },
  };

  it('are computed as the seven are, and change none of them', () => {
    const state = new EmotionalState(customDimensionsSchema.parse([patience]));
    state.observed('load', 0.5, 0);
    expect(state.feelings(0).get('patience')?.value).toBe(0.25);
    expect(state.feelings(3 * minute).get('patience')?.value).toBe(0.5);
    const plain = new EmotionalState();
    plain.observed('load', 0.5, 0);
    expect(state.emotion(0)).toEqual(plain.emotion(0));
  });

  it.each([
    ['the name of one of the seven', { name: 'safety' }],
    ['text for a name', { name: 'how I feel' }],
    ['an unknown input', { weights: { weather: 1 } }],
    ['no input', { weights: {} }],
    ['a weight over 1', { weights: { load: 2 } }],
    ['a window of no length', { windowSeconds: 0 }],
    ['an initial value over 1', { initial: 2 }],
    ['a field of its own', { formula: 'x' }],
  ])('with %s are refused', (_, over) => {
    expect(customDimensionsSchema.safeParse([patience]).success).toBe(true);
    expect(customDimensionsSchema.safeParse([{ ...patience, ...over }]).success).toBe(false);
  });

  it('twice, or too many, are refused', () => {
    expect(customDimensionsSchema.safeParse([patience, patience]).success).toBe(false);
    const many = Array.from({ length: 17 }, (_, at) => ({ ...patience, name: `p${at}` }));
    expect(customDimensionsSchema.safeParse(many).success).toBe(false);
    expect(customDimensionsSchema.safeParse(many.slice(1)).success).toBe(true);
  });
});

it('every value is within 0 and 1, whatever is measured', () => {
  const kinds = [
    'succeeded',
    'failed',
    'unmeasured',
    'known',
    'new',
    'cube',
    'waiting',
    'queue',
    'load',
  ] as const;
  const event = fc.record({
    what: fc.constantFrom(...kinds),
    value: fc.double({ min: 0, max: 1e9, noNaN: true }),
    after: fc.integer({ min: 0, max: hour }),
  });
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const state = new EmotionalState();
      let now = 0;
      for (const { what, value, after } of events) {
        now += after;
        if (what === 'cube') state.integrityFailed(now);
        else if (what === 'known' || what === 'new') state.patternLookedUp(what === 'known', now);
        else if (what === 'waiting' || what === 'queue' || what === 'load') state.observed(what, value, now);
        else state.taskEnded(what, now);
      }
      for (const value of Object.values(state.emotion(now))) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }
    }),
  );
});

it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('%d can not be observed', (value) => {
  expect(() => new EmotionalState().observed('load', value, 0)).toThrowError(RangeError);
});
