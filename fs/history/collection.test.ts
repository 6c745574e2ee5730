/** What gc and destroy give up, of random histories. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { notRetained, shownAlone } from './collection.js';
import { PathLine, type State } from './path-line.js';
import { type Retention, retained } from './retention.js';
import type { PutFacts, VaultHistory } from './vault-history.js';

const now = 1000n;
const names = ['a', 'b', 'c'];

/** Paths that show some puts, of few objects; −1 stands for a removal. */
const history = fc
  .record({
    objects: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 14 }),
    shown: fc.array(fc.array(fc.integer({ min: -1, max: 13 }), { maxLength: 8 }), {
      minLength: names.length,
      maxLength: names.length,
    }),
    given: fc.array(fc.nat({ max: 13 }), { maxLength: 2 }),
  })
  .map(({ objects, shown, given }): VaultHistory => {
    const root = new PathLine(null, '');
    const puts = new Map<number, PutFacts>(objects.map((object, put) => [put, { inode: put + 2, object }]));
    for (const [at, row] of shown.entries()) {
      const states = row
        .filter((put) => put < objects.length)
        .map((put, time): State => ({ time: BigInt(time * 50), inode: put < 0 ? 0 : put + 2, put }));
      root.child(names[at] ?? '').states.push(...states);
    }
    const known = given.filter((put) => put < objects.length);
    const givenUp = new Map(known.map((put) => [put, { by: 'gc' as const, time: 1n }]));
    return { root, puts, layouts: new Map(), givenUp, uidOf: () => 0, size: objects.length };
  });

const retention: fc.Arbitrary<Retention> = fc
  .record({ last: fc.nat({ max: 4 }), within: fc.option(fc.bigInt({ min: 0n, max: now })) })
  .map((some) => ({ hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, ...some }));

const line = (of: VaultHistory, name: string) => of.root.child(name);
const ascending = (values: readonly number[]) => values.every((value, at) => value > (values[at - 1] ?? -1));

it('is what no path keeps, and the objects that nothing kept has', () => {
  fc.assert(
    fc.property(history, retention, fc.subarray(names), fc.nat({ max: 6 }), (of, policy, scope, used) => {
      const within = scope.length === 0 ? null : scope.map((name) => line(of, name));
      const present = new Set(names.flatMap((name) => line(of, name).states.at(-1)?.put ?? []));
      const chosen = { retention: policy, now, within, present, inUse: new Set([used]) };
      const gone = notRetained(of, chosen);
      expect(ascending(gone.puts) && ascending(gone.objects)).toBe(true);
      for (const [put, { object }] of of.puts) {
        const shownBy = names.filter((name) => line(of, name).states.some((state) => state.put === put));
        const keepers = shownBy.filter((name) => {
          if (scope.length > 0 && !scope.includes(name)) return true;
          const { states } = line(of, name);
          const keep = retained(states, policy, now);
          return states.some((state, at) => state.put === put && keep[at]);
        });
        const offered = scope.length === 0 || shownBy.length > 0;
        const held = present.has(put) || of.givenUp.has(put) || object === used;
        expect(gone.puts.includes(put)).toBe(keepers.length === 0 && offered && !held);
      }
      const left = [...of.puts].filter(([put]) => !gone.puts.includes(put) && !of.givenUp.has(put));
      const had = gone.puts.map((put) => of.puts.get(put)?.object);
      const alone = [...new Set(had)].filter((object) => !left.some(([, facts]) => facts.object === object));
      expect(new Set(gone.objects)).toEqual(new Set(alone));
    }),
    { numRuns: 2000 },
  );
});

it('of a destroyed path is what no other path has shown', () => {
  fc.assert(
    fc.property(history, (of) => {
      const gone = shownAlone(of, [line(of, 'a')]);
      const others = names.slice(1).flatMap((name) => line(of, name).states.map(({ put }) => put));
      const own = line(of, 'a').states.map(({ put }) => put);
      const expected = own.filter((put) => put >= 0 && !others.includes(put) && !of.givenUp.has(put));
      expect(gone.puts).toEqual([...new Set(expected)].sort((a, b) => a - b));
      const left = [...of.puts].filter(([put]) => !gone.puts.includes(put) && !of.givenUp.has(put));
      for (const [, { object }] of left) expect(gone.objects).not.toContain(object);
    }),
    { numRuns: 2000 },
  );
});
