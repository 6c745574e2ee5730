import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answer, day, idOf, PatternFixture } from './pattern.fixture.js';
import type { Remembered } from './pattern-memory.js';
import { patternSql } from './statements.js';

let fixture: PatternFixture;
beforeEach(() => {
  fixture = new PatternFixture();
});
afterEach(() => fixture.end());

const yes = async () => true;
const no = async () => false;
const stageOf = ({ key, owner }: Remembered) => fixture.memory.get(key, owner)?.stage;

/** Learned, with so many uses and measured successes. */
async function learned(name: string, uses: number, successes: number): Promise<Remembered> {
  const known = answer(name);
  fixture.memory.learn(known);
  await fixture.use(known, uses);
  fixture.measure(known, true, successes);
  return known;
}

describe('promotion', () => {
  it('wants 75 hundredths, three uses and the consent of policy', async () => {
    const ripe = await learned('ripe', 3, 5);
    const unused = await learned('unused', 2, 5);
    const unsure = await learned('unsure', 3, 4);
    expect(await fixture.upkeep.run(no)).toMatchObject({ promoted: 0 });
    expect(stageOf(ripe)).toBe('immediate');
    const asked: unknown[] = [];
    const consent = async (pattern: { readonly key: Buffer }) => asked.push(pattern.key.toString('hex')) > 0;
    expect(await fixture.upkeep.run(consent)).toMatchObject({ promoted: 1 });
    expect(asked).toEqual([ripe.key.toString('hex')]);
    expect([ripe, unused, unsure].map(stageOf)).toEqual(['pattern', 'immediate', 'immediate']);
    expect(await fixture.upkeep.run(consent)).toMatchObject({ promoted: 0 });
    expect(asked).toHaveLength(1);
  });

  it('that was decided while the answer was measured as wrong does not happen', async () => {
    const ripe = await learned('ripe', 3, 5);
    const late = async () => {
      fixture.measure(ripe, false);
      return true;
    };
    expect(await fixture.upkeep.run(late)).toMatchObject({ promoted: 0 });
    expect(fixture.upkeep.promote(ripe)).toBe(false);
    fixture.measure(ripe, true, 2);
    expect(fixture.upkeep.promote(ripe)).toBe(true);
  });

  it('asks about each one once an hour, however many there are', async () => {
    for (let at = 0; at < 250; at++) fixture.memory.learn(answer(at));
    fixture.database.run('UPDATE patterns SET confidence = 80, uses = 3');
    let asked = 0;
    const refuse = async () => {
      asked += 1;
      return false;
    };
    await fixture.upkeep.run(refuse);
    expect(asked).toBe(250);
  });
});

describe('a tombstone', () => {
  it('takes the place of what was wrong and hardly used, and holds for 30 days', async () => {
    const wrong = await learned('wrong', 1, 0);
    const used = await learned('used', 2, 0);
    for (const known of [wrong, used]) fixture.measure(known, false, 3);
    expect(await fixture.upkeep.run(yes)).toMatchObject({ pruned: 0 });
    for (const known of [wrong, used]) fixture.measure(known, false);
    expect(await fixture.upkeep.run(yes)).toMatchObject({ pruned: 1 });
    expect(stageOf(wrong)).toBeUndefined();
    expect(stageOf(used)).toBe('immediate');
    const other = { ...wrong, result: idOf('another answer') };
    expect(fixture.memory.learn(wrong)).toBe(false);
    expect(fixture.memory.learn(other)).toBe(false);
    expect(fixture.memory.learn({ ...wrong, owner: 2000 })).toBe(true);
    fixture.now += 30 * day - 1;
    expect(fixture.memory.learn(other)).toBe(false);
    fixture.now += 1;
    expect(fixture.memory.learn(other)).toBe(true);
    expect(fixture.memory.get(other.key, 1000)).toMatchObject({ confidence: 50, result: other.result });
    await fixture.upkeep.run(yes);
    expect(fixture.database.all('SELECT * FROM tombstones')).toEqual([]);
  });
});

it('months of use: what is asked stays, what is not is archived, and comes back as new', async () => {
  const daily = await learned('daily', 3, 5);
  const once = await learned('once', 3, 5);
  const never = await learned('never', 0, 0);
  let promoted = 0;
  let archived = 0;
  for (let hour = 0; hour < 24 * 180; hour += 6) {
    fixture.now += day / 4;
    if (hour % 24 === 0) await fixture.use(daily, 1);
    const done = await fixture.upkeep.run(yes);
    promoted += done.promoted;
    archived += done.archived;
    // The 90th day without a use is the one on which it goes.
    const idle = hour + 6 >= 24 * 90;
    if (hour % 240 === 0 || idle !== hour >= 24 * 90)
      expect(stageOf(once)).toBe(idle ? 'archive' : 'pattern');
  }
  expect({ promoted, archived }).toEqual({ promoted: 2, archived: 2 });
  expect([daily, once, never].map(stageOf)).toEqual(['pattern', 'archive', 'archive']);
  expect(await fixture.lookUp(once.key, 1000, yes)).toEqual(once);
  expect(stageOf(once)).toBe('immediate');
  await fixture.upkeep.run(no);
  expect(stageOf(once)).toBe('immediate');
  await fixture.upkeep.run(yes);
  expect(stageOf(once)).toBe('pattern');
});

it('of one owner 10,000 are kept: the archive goes first, then what was never promoted, the longest unused first', async () => {
  fixture.database.transaction(() => {
    for (let at = 0; at < 10_004; at++) {
      fixture.now += 1;
      fixture.memory.learn(answer(at));
    }
  });
  fixture.memory.learn(answer('of another', 2000));
  const set = (stage: string, name: number) =>
    fixture.database.run('UPDATE patterns SET stage = ? WHERE key = ?', stage, answer(name).key);
  for (const name of [0, 1, 2]) set('pattern', name);
  for (const name of [9000, 9001]) set('archive', name);
  expect(await fixture.upkeep.run(no)).toMatchObject({ dropped: 4 });
  expect([9000, 9001, 3, 4].map((name) => stageOf(answer(name)))).toEqual(Array(4).fill(undefined));
  expect([0, 1, 2, 5].map((name) => stageOf(answer(name)))).toEqual([
    'pattern',
    'pattern',
    'pattern',
    'immediate',
  ]);
  expect(stageOf(answer('of another', 2000))).toBe('immediate');
});

it.each(Object.entries(patternSql).filter(([name]) => name !== 'crowded'))(
  '%s searches an index',
  (_, sql) => {
    const named = [...sql.matchAll(/@(\w+)/g)].map(([, name = '']) => [name, null]);
    const values = (sql.match(/\?/g) ?? []).map(() => null);
    const plan = fixture.database.all<{ detail: string }>(
      `EXPLAIN QUERY PLAN ${sql}`,
      ...(named.length > 0 ? ([Object.fromEntries(named)] as const) : values),
    );
    // Only the few answers to one question are sorted.
    const allowed =
      sql === patternSql.candidates
        ? /^SEARCH |^USE TEMP B-TREE/
        : /^SEARCH |^SCAN patterns USING (COVERING )?INDEX patterns_weak/;
    for (const { detail } of plan) expect(detail).toMatch(allowed);
  },
);
