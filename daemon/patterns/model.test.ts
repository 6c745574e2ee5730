/** Random years of patterns against a reference that keeps them in a map, with confidence as a fraction. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answer, day, idOf, PatternFixture } from './pattern.fixture.js';
import type { Remembered } from './pattern-memory.js';

interface Known {
  result: number;
  stage: 'immediate' | 'pattern' | 'archive';
  confidence: number;
  uses: number;
  usedAt: number;
}

/** The rules as the specification says them. */
class Reference {
  readonly known = new Map<string, Known>();
  readonly tombstones = new Map<string, number>();

  learn(name: string, result: number, now: number): boolean {
    if ((this.tombstones.get(name) ?? 0) > now) return false;
    const old = this.known.get(name);
    if (old?.result === result) old.usedAt = now;
    else this.known.set(name, { result, stage: 'immediate', confidence: 0.5, uses: 0, usedAt: now });
    return true;
  }

  use(name: string, now: number): number | null {
    const one = this.known.get(name);
    if (one === undefined || one.confidence < 0.499) return null;
    one.uses += 1;
    one.usedAt = now;
    if (one.stage === 'archive') one.stage = 'immediate';
    return one.result;
  }

  measure(name: string, success: boolean): void {
    const one = this.known.get(name);
    if (one !== undefined)
      one.confidence = Math.max(0, Math.min(1, one.confidence + (success ? 0.05 : -0.1)));
  }

  upkeep(now: number, consent: boolean): void {
    for (const [name, one] of this.known) {
      if (one.confidence < 0.199 && one.uses < 2) {
        this.known.delete(name);
        this.tombstones.set(name, now + 30 * day);
      } else if (now - one.usedAt >= 90 * day) one.stage = 'archive';
      else if (consent && one.stage === 'immediate' && one.confidence >= 0.749 && one.uses >= 3)
        one.stage = 'pattern';
    }
  }
}

const name = fc.constantFrom('a', 'b', 'c');
const command = fc.oneof(
  fc.record({ do: fc.constant('learn' as const), name, result: fc.nat(1) }),
  fc.record({ do: fc.constant('use' as const), name, times: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    do: fc.constant('measure' as const),
    name,
    success: fc.boolean(),
    times: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({ do: fc.constant('wait' as const), days: fc.constantFrom(1, 29, 30, 31, 89, 90) }),
  fc.record({ do: fc.constant('upkeep' as const), consent: fc.boolean() }),
);

function remembered(name: string, result: number): Remembered {
  return { ...answer(name), result: idOf(`${name} ${result}`) };
}

it('a memory does what a map of answers would do', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 60 }), async (commands) => {
      const fixture = new PatternFixture();
      const reference = new Reference();
      const { memory, upkeep } = fixture;
      try {
        for (const one of commands) {
          if (one.do === 'learn') {
            const learned = memory.learn(remembered(one.name, one.result));
            expect(learned).toBe(reference.learn(one.name, one.result, fixture.now));
          } else if (one.do === 'use') {
            for (let at = 0; at < one.times; at++) {
              const hit = await fixture.lookUp(answer(one.name).key, 1000, async () => true);
              const result = reference.use(one.name, fixture.now);
              expect(hit?.result ?? null).toBe(result === null ? null : idOf(`${one.name} ${result}`));
            }
          } else if (one.do === 'measure') {
            const result = reference.known.get(one.name)?.result ?? 0;
            fixture.measure(remembered(one.name, result), one.success, one.times);
            for (let at = 0; at < one.times; at++) reference.measure(one.name, one.success);
          } else if (one.do === 'wait') fixture.now += one.days * day;
          else {
            await upkeep.run(async () => one.consent);
            reference.upkeep(fixture.now, one.consent);
          }
          for (const name of ['a', 'b', 'c']) {
            const [found, expected] = [memory.get(answer(name).key, 1000), reference.known.get(name)];
            if (expected === undefined) expect(found).toBeNull();
            else {
              const { result, confidence, ...rest } = expected;
              expect(found).toMatchObject({ ...rest, result: idOf(`${name} ${result}`) });
              expect(found?.confidence).toBe(Math.round(confidence * 100));
            }
          }
        }
      } finally {
        fixture.end();
      }
    }),
    { numRuns: 40 },
  );
});
