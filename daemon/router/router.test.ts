import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import type { Classified } from '../domains/catalogue.js';
import { asker, idOf, RoomFixture } from './room.fixture.js';

let room: RoomFixture;
beforeEach(() => {
  room = new RoomFixture();
});
afterEach(() => room.end());

const code = (expected: string) => expect.objectContaining({ code: expected });

/** Submits it and has it done once. */
async function done(name: string, uid = 1000) {
  room.tasks.start();
  const { task } = await room.submitAs(uid, name);
  return room.ended(task);
}

describe('a submission', () => {
  it('of a new request is queued, for its submitter, with what the catalogue says', async () => {
    const { task, state, result, verdict } = await room.submit('new', { priority: 7 });
    expect({ state, result, verdict }).toEqual({
      ...{ state: 'queued', result: null, verdict: { decision: 'auto_approved', reason: 'semi_autonomous' } },
    });
    expect(room.tasks.get(task)).toMatchObject({
      ...{ owner: 1000, request: idOf('new'), priority: 7, domain: 'coding', department: 'general' },
      class: 'write',
    });
    expect(room.policy.considered).toEqual([
      {
        ...{ type: 'task_submission', level: 'LOW', risk: null, component: 'router', action_id: task },
        ...{ reasoning: idOf('new'), rollback: 'task.cancel' },
      },
    ]);
    expect(room.objects.recorded).toMatchObject([
      { event: 'AUDIT_POLICY_EVALUATED', id: task, meta: { decision: 'auto_approved' } },
    ]);
  });

  it('of a request that the caller may not read is as of none, and nothing comes of it', async () => {
    room.objects.readers.set(idOf('secret'), [0]);
    await expect(room.submit('secret', { domain: 'physics' })).rejects.toThrow(code('ID_UNKNOWN'));
    expect(room.objects.recorded).toEqual([]);
    expect(room.tasks.list({ limit: 10 })).toEqual([]);
  });

  it('is none where sherin-fs does not answer, or can put nothing on record; it can be made again', async () => {
    for (const fault of ['NOT_RUNNING', 'AUDIT_UNWRITABLE'] as const) {
      room.objects.fault = new SherinError(fault, { path: '', part: '' });
      await expect(room.submit('a')).rejects.toThrow(code(fault));
      await expect(
        room.tasks.router.submitMulti(asker(1000), {
          ...{ request: idOf('a'), inputs: [], priority: 5, emotion: {}, domains: ['coding', 'logic'] },
        }),
      ).rejects.toThrow(code(fault));
    }
    expect(room.tasks.list({ limit: 10 })).toEqual([]);
    room.objects.fault = null;
    expect((await room.submit('a')).state).toBe('queued');
  });

  it('takes a class of the domain only', async () => {
    const { task } = await room.submit('a', { class: 'fix' });
    expect(room.tasks.get(task).class).toBe('fix');
    await expect(room.submit('b', { class: 'prove' })).rejects.toThrow(code('USAGE'));
  });

  it('to a domain without a bot is refused by its name', async () => {
    await expect(room.submit('a', { domain: 'physics' })).rejects.toThrow('no bot for domain physics');
    expect(room.tasks.list({ limit: 10 })).toEqual([]);
  });

  it('that policy blocks is a task, blocked for the reason, and no bot gets it', async () => {
    room.tasks.start();
    room.policy.set({ stop: 'on' });
    const { task, state, verdict } = await room.submit('a', { domain: 'physics' });
    expect([state, verdict.decision]).toEqual(['blocked', 'blocked']);
    expect(room.tasks.get(task)).toMatchObject({ state: 'blocked', error: 'emergency_stop' });
    expect(room.bots.granted).toEqual([]);
  });

  it('survives a restart of sherind', async () => {
    room.bots.capacity = 0;
    const { task } = await room.submit('a');
    room.bots.capacity = 2;
    await room.restart();
    expect(await room.ended(task)).toMatchObject({ state: 'done', attempt: 1 });
  });
});

describe('the planning bot', () => {
  const answer: Classified = { domain: 'logic', department: 'puzzles', class: 'solve' };
  let asked = 0;
  async function planned(version: string, found: Classified = answer): Promise<void> {
    room.bots.planner = {
      version,
      classify: async () => {
        asked += 1;
        return found;
      },
    };
    await room.restart();
  }
  beforeEach(() => {
    asked = 0;
  });

  it('is missed where the caller names no domain', async () => {
    const wish = { domain: undefined };
    await expect(room.submit('a', wish)).rejects.toThrow('no bot for domain planning');
  });

  it('is asked once for a request, and again in another version', async () => {
    await planned('1.0');
    for (const uid of [1, 2, 1]) {
      const { task } = await room.submitAs(uid, 'a', { domain: undefined });
      expect(room.tasks.get(task)).toMatchObject({ ...answer });
    }
    expect(asked).toBe(1);
    await planned('1.1');
    await room.submit('a', { domain: undefined });
    expect(asked).toBe(2);
    await room.submit('a', { domain: 'coding' });
    expect(asked).toBe(2);
  });

  it('is not believed what is not in the catalogue', async () => {
    await planned('1.0', { ...answer, department: 'what the request says' });
    await expect(room.submit('a', { domain: undefined })).rejects.toThrow(code('PROTOCOL'));
  });
});

describe('what a task is given besides', () => {
  it('has to be the asker’s to read, goes to the bot, and makes another question of it', async () => {
    const [one, two] = [idOf('one', 'FILES'), idOf('two', 'FILES')];
    room.tasks.start();
    room.objects.readers.set(two, [2000]);
    await expect(room.submit('a', { inputs: [one, two] })).rejects.toThrow(code('ID_UNKNOWN'));
    const first = await room.ended((await room.submit('a', { inputs: [one] })).task);
    expect(room.bots.granted.at(-1)?.objects).toEqual([idOf('a'), one]);
    expect(await room.submit('a', { inputs: [one] })).toMatchObject({ state: 'done', result: first.result });
    expect((await room.submit('a')).state).toBe('queued');
    expect((await room.submitAs(2000, 'a', { inputs: [two] })).state).toBe('queued');
  });
});

describe('a known result', () => {
  it('answers an equal question at once, with a task that is there', async () => {
    const first = await done('a');
    const { task, state, result } = await room.submit('a');
    expect([state, result]).toEqual(['done', first.result]);
    expect(room.tasks.get(task)).toMatchObject({ state: 'done', result: first.result, bot: null });
    expect(room.bots.granted).toHaveLength(1);
    expect(room.tasks.counts()).toEqual([{ domain: 'coding', queued: 0, running: 0, hits: 1 }]);
  });

  it('counts only where it verifies and the asker may read it', async () => {
    const { result } = await done('a');
    if (result === null) throw new Error('no result');
    room.objects.readers.set(result, [1000]);
    expect((await room.submitAs(2000, 'a')).state).toBe('queued');
    expect((await room.submitAs(1000, 'a')).state).toBe('done');
    room.objects.damaged.add(result);
    expect((await room.submitAs(1000, 'a')).state).toBe('queued');
  });

  it('is none of another version of the bot, nor of another state of what it looked into', async () => {
    await done('a');
    room.bots.put('coding', { version: '1.1' });
    expect((await room.submit('a')).state).toBe('queued');
    room.bots.put('coding', { inputs: { namespace: 'FILES', head: 'h1' } });
    const { task } = await room.submit('b');
    await room.ended(task);
    expect((await room.submit('b')).state).toBe('done');
    room.bots.put('coding', { inputs: { namespace: 'FILES', head: 'h2' } });
    expect((await room.submit('b')).state).toBe('queued');
  });

  it('needs two questions to sherin-fs, and a new request one', async () => {
    await done('a');
    room.objects.asked = 0;
    await room.submit('a');
    expect(room.objects.asked).toBe(2);
    await room.submit('b');
    expect(room.objects.asked).toBe(3);
  });

  it('that was measured as bad is worked on again', async () => {
    const { id } = await done('a');
    room.tasks.feedback(id, false);
    expect((await room.submit('a')).state).toBe('queued');
  });
});

describe('a submission to several domains', () => {
  const submit = (domains: ('coding' | 'logic' | 'physics')[]) =>
    room.tasks.router.submitMulti(asker(1000), {
      request: idOf('a'),
      inputs: [],
      priority: 5,
      emotion: {},
      domains,
    });

  it('has a part for each, and its merged result', async () => {
    room.tasks.start();
    const { task, state, parts } = await submit(['coding', 'logic']);
    expect(state).toBe('queued');
    expect(parts.map(({ domain }) => domain)).toEqual(['coding', 'logic']);
    const merged = await room.ended(task);
    expect(merged.state).toBe('done');
    const results = parts.map((part) => room.tasks.get(part.task).result);
    expect(room.bots.granted.at(-1)?.objects).toEqual([idOf('a'), ...results]);
  });

  it('has parts that are known already', async () => {
    await done('a');
    room.bots.capacity = 0;
    const { parts } = await submit(['coding', 'logic']);
    expect(parts.map(({ state }) => state)).toEqual(['done', 'queued']);
    expect(room.tasks.merge(room.parentOf(parts[0]?.task).id)).toMatchObject({ waiting: 0 });
  });

  it('needs a bot for each of them, and one that merges', async () => {
    await expect(submit(['coding', 'physics'])).rejects.toThrow('no bot for domain physics');
    room.bots.bots.delete('merge');
    await expect(submit(['coding'])).rejects.toThrow('no bot for domain merge');
    expect(room.tasks.list({ limit: 10 })).toEqual([]);
  });

  it('is blocked as a whole', async () => {
    room.policy.set({ stop: 'on' });
    expect(await submit(['coding', 'logic'])).toMatchObject({ state: 'blocked', parts: [] });
  });
});

describe('feedback', () => {
  it('counts once, for the answer, the bot and the emotional state', async () => {
    const { id } = await done('a');
    const before = room.policy.feelings().optimism;
    room.tasks.feedback(id, true);
    expect(room.policy.feelings().optimism).toBeGreaterThan(before);
    expect(room.tasks.get(id).measured).toBe(true);
    expect(() => room.tasks.feedback(id, true)).toThrow(code('TASK_STATE'));
  });

  it('of an answer from memory counts for what it came from', async () => {
    await done('a');
    for (let at = 0; at < 5; at++) {
      const { task } = await room.submit('a');
      room.tasks.feedback(task, true);
    }
    // Confidence 0.75 and five uses: ripe, and promotion is asked for.
    await room.tasks.upkeep.run();
    expect(room.policy.considered.at(-1)).toMatchObject({ type: 'pattern_promotion', risk: 'MINOR' });
  });

  it('a promotion that policy has held up happens once it is approved', async () => {
    await done('a');
    for (let at = 0; at < 5; at++) room.tasks.feedback((await room.submit('a')).task, true);
    const ask = async () => {
      room.policy.considered.length = 0;
      await room.tasks.upkeep.run();
      return room.policy.considered.map(({ action_id }) => action_id);
    };
    room.policy.set({ modification: false });
    const [action_id = ''] = await ask();
    expect(action_id).toMatch(/^pattern-[0-9a-f]{32}-1000$/);
    room.tasks.upkeep.approved({ action_id: action_id.replace('1000', '1001') });
    expect(await ask()).toEqual([action_id]);
    room.tasks.upkeep.approved({ action_id });
    expect(await ask()).toEqual([]);
  });

  it('a burst of failures blocks promotion, and recovery unblocks it', async () => {
    await done('a');
    for (let at = 0; at < 5; at++) room.tasks.feedback((await room.submit('a')).task, true);
    room.bots.work = async () => ({ kind: 'error', error: 'no-tests' });
    for (let at = 0; at < 20; at++) await room.ended((await room.submit(`bad ${at}`)).task);
    expect(room.policy.feelings().confidence).toBeLessThan(0.75);
    await room.tasks.upkeep.run();
    room.bots.work = async (task) => ({ kind: 'result', written: idOf(task.request, 'OUT') });
    for (let at = 0; at < 60; at++)
      room.tasks.feedback((await room.ended((await room.submit(`good ${at}`)).task)).id, true);
    expect(room.policy.feelings().confidence).toBeGreaterThanOrEqual(0.75);
    const asked = () => room.policy.considered.filter(({ type }) => type === 'pattern_promotion').length;
    expect(asked()).toBe(1);
    await room.tasks.upkeep.run();
    expect(asked()).toBe(2);
    // It is promoted now, and not asked about again.
    await room.tasks.upkeep.run();
    expect(asked()).toBe(2);
  });
});
