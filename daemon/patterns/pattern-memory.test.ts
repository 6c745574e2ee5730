import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SherinId } from '../../common/ids.js';
import { GroupCommit } from '../database/group-commit.js';
import { Looks } from './looks.js';
import { answer, day, idOf, PatternFixture, question } from './pattern.fixture.js';
import { patternKey } from './pattern-key.js';
import { PatternMemory } from './pattern-memory.js';
import { TrustScores } from './trust-scores.js';
import { PatternUpkeep } from './upkeep.js';

let fixture: PatternFixture;
beforeEach(() => {
  fixture = new PatternFixture();
});
afterEach(() => fixture.end());

const yes = async () => true;
const no = async () => false;

describe('a remembered answer', () => {
  it('is given again, and each use counts', async () => {
    const known = answer('q');
    expect(await fixture.lookUp(known.key, 1000, yes)).toBeNull();
    expect(fixture.memory.learn(known)).toBe(true);
    const learned = { stage: 'immediate', confidence: 50, uses: 0, learnedAt: fixture.now };
    expect(fixture.memory.get(known.key, 1000)).toMatchObject({ ...known, ...learned });
    fixture.now += day;
    expect(await fixture.lookUp(known.key, 1000, yes)).toEqual(known);
    expect(fixture.memory.get(known.key, 1000)).toMatchObject({ uses: 1, usedAt: fixture.now });
  });

  it('is not given when the result is gone, damaged or not for this asker', async () => {
    const known = answer('q');
    fixture.memory.learn(known);
    const asked: SherinId[] = [];
    const refuse = async (result: SherinId) => {
      asked.push(result);
      return false;
    };
    expect(await fixture.lookUp(known.key, 2000, refuse)).toBeNull();
    expect(asked).toEqual([known.result]);
    expect(fixture.memory.get(known.key, 1000)?.uses).toBe(0);
  });

  it('misses after an import and for another version of the bot', async () => {
    const inputs = { namespace: 'LIBRARY', head: '0a' };
    const key = patternKey(question({ inputs }));
    fixture.memory.learn({ key, owner: 1000, result: idOf('an answer') });
    const look = (change: object) => fixture.lookUp(patternKey(question({ inputs, ...change })), 1000, yes);
    expect(await look({})).not.toBeNull();
    expect(await look({ inputs: { ...inputs, head: '0b' } })).toBeNull();
    expect(await look({ botVersion: '1.1' })).toBeNull();
  });

  it('of the asker comes before those of others, and a private one of others never', async () => {
    const of = (owner: number) => ({ ...answer('q', owner), result: idOf(`answer of ${owner}`) });
    for (const owner of [1, 2, 3]) fixture.memory.learn(of(owner));
    fixture.measure(of(1), true, 3);
    const { key } = of(1);
    expect(await fixture.lookUp(key, 3, yes)).toEqual(of(3));
    expect(await fixture.lookUp(key, 4, yes)).toEqual(of(1));
    expect(await fixture.lookUp(key, 4, async (result) => result === of(2).result)).toEqual(of(2));
    expect(await fixture.lookUp(key, 4, no)).toBeNull();
  });

  it('that was archived comes in its turn again as soon as its use is stored', async () => {
    const group = new GroupCommit(fixture.database, pino({ level: 'silent' }));
    const looks = new Looks(fixture.database);
    const memory = new PatternMemory(
      fixture.database,
      looks,
      () => fixture.now,
      (store) => group.gather(store),
    );
    const upkeep = new PatternUpkeep(fixture.database, looks, () => fixture.now);
    const of = (owner: number) => ({ ...answer('q', owner), result: idOf(`answer of ${owner}`) });
    memory.learn(of(1));
    for (let times = 0; times < 4; times++) memory.measured(of(1), { by: 'tests', success: true });
    fixture.now += 91 * day;
    await upkeep.run(no);
    memory.learn(of(2));
    const { key } = of(1);
    const inTurn = () => memory.candidates(key, 3).map(({ owner }) => owner);
    expect(inTurn()).toEqual([2, 1]);
    expect(memory.give(of(1))).toBe(true);
    memory.learn(answer('another'));
    expect(inTurn()).toEqual([2, 1]);
    group.flush();
    expect(inTurn()).toEqual([1, 2]);
  });

  it('asks for no more than a few', async () => {
    for (let owner = 0; owner < 30; owner++) fixture.memory.learn(answer('q', owner));
    let asked = 0;
    const count = async () => {
      asked += 1;
      return false;
    };
    expect(await fixture.lookUp(answer('q').key, 1000, count)).toBeNull();
    expect(asked).toBe(8);
  });

  it('that is replaced, measured as wrong or forgotten while it is looked at is not given', async () => {
    const known = answer('q');
    const forget = async () => {
      fixture.measure(known, false, 4);
      await fixture.upkeep.run(async () => false);
      expect(fixture.memory.get(known.key, 1000)).toBeNull();
    };
    const meanwhile: (() => unknown)[] = [
      () => fixture.memory.learn({ ...known, result: idOf('another answer') }),
      () => fixture.measure(known, false),
      forget,
    ];
    for (const change of meanwhile) {
      fixture.memory.learn(known);
      const during = async () => {
        await change();
        return true;
      };
      expect(await fixture.lookUp(known.key, 1000, during)).toBeNull();
      fixture.database.run('DELETE FROM patterns');
    }
  });
});

describe('confidence', () => {
  it('goes up by 5 and down by 10 hundredths, between 0 and 100', () => {
    const known = answer('q');
    fixture.memory.learn(known);
    const confidence = () => fixture.memory.get(known.key, 1000)?.confidence;
    fixture.measure(known, true);
    expect(confidence()).toBe(55);
    fixture.measure(known, false);
    expect(confidence()).toBe(45);
    fixture.measure(known, false, 9);
    expect(confidence()).toBe(0);
    fixture.measure(known, true, 21);
    expect(confidence()).toBe(100);
  });

  it('below its start keeps an answer back, until it is measured better', async () => {
    const known = answer('q');
    fixture.memory.learn(known);
    fixture.measure(known, false);
    expect(await fixture.lookUp(known.key, 1000, yes)).toBeNull();
    // Worked on again with the same result, on another day.
    const again = { ...known, result: idOf('answer to q', 'FILES_20260707') };
    fixture.memory.learn(again);
    expect(fixture.memory.get(known.key, 1000)).toMatchObject({ confidence: 40, result: again.result });
    fixture.measure(again, true, 2);
    expect(await fixture.lookUp(known.key, 1000, yes)).toEqual(again);
  });

  it('of another result begins anew, and what is measured of the old one is not counted', () => {
    const known = answer('q');
    fixture.memory.learn(known);
    fixture.measure(known, true, 4);
    const other = { ...known, result: idOf('another answer') };
    fixture.memory.learn(other);
    fixture.measure(known, false, 3);
    expect(fixture.memory.get(known.key, 1000)).toMatchObject({
      confidence: 50,
      uses: 0,
      result: other.result,
    });
  });
});

describe('the trust in a bot', () => {
  it('is what was measured of this version', () => {
    const trust = new TrustScores(fixture.database);
    const measured = (success: boolean, times: number, version = '1.0') => {
      for (let at = 0; at < times; at++) trust.measured('coder', version, { by: 'tests', success });
    };
    expect(trust.scoreOf('coder', '1.0')).toBe(0.5);
    measured(true, 8);
    expect(trust.scoreOf('coder', '1.0')).toBe(0.9);
    measured(false, 10);
    expect(trust.scoreOf('coder', '1.0')).toBe(0.45);
    expect(trust.scoreOf('coder', '1.1')).toBe(0.5);
    expect(trust.scoreOf('other', '1.0')).toBe(0.5);
  });

  it('follows what the bot does now, however long it was good', () => {
    const trust = new TrustScores(fixture.database);
    fixture.database.transaction(() => {
      for (let at = 0; at < 5000; at++) trust.measured('coder', '1.0', { by: 'user', success: true });
    });
    expect(trust.scoreOf('coder', '1.0')).toBeGreaterThan(0.98);
    fixture.database.transaction(() => {
      for (let at = 0; at < 200; at++) trust.measured('coder', '1.0', { by: 'user', success: false });
    });
    expect(trust.scoreOf('coder', '1.0')).toBeLessThan(0.4);
  });
});
