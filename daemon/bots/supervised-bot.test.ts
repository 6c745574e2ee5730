import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { removeLeftovers } from './leftovers.js';
import { BotWorkplace, idOf, taskOf, until } from './testing/workplace.js';

let place: BotWorkplace;
beforeEach(() => {
  place = new BotWorkplace();
});
afterEach(() => place.remove());

/** Whether any process of the bot's is left, by a word of its command line. */
function running(word: string): boolean {
  const all = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8', maxBuffer: 1 << 24 });
  return all.split('\n').some((line) => line.includes(word));
}

describe('a bot', () => {
  test('is ready with its first heartbeat, answers, and stops', async () => {
    const bot = place.bot('runner.py');
    await bot.start();
    expect(bot.facts).toMatchObject({ state: 'ready', restarts: 0, lastEnd: null });
    expect(await place.run(bot, 'print(6 * 7)')).toBe('42\nexit 0\n');
    expect(readdirSync(place.runtime)).toHaveLength(1);
    await bot.stop();
    expect(bot.facts.state).toBe('stopped');
    expect(place.states).toEqual(['starting', 'ready', 'stopped']);
    expect(readdirSync(place.runtime)).toEqual([]);
    expect(place.refusals).toEqual([]);
  });

  test('can be a Node program without packages', async () => {
    const bot = place.bot('node.mjs', { max_concurrent: 2 });
    await bot.start();
    const outcomes = await Promise.all([bot.give(taskOf(idOf(1))), bot.give(taskOf(idOf(2)))]);
    const error = `node-${process.version.split('.')[0]?.slice(1)}`;
    expect(outcomes).toEqual([
      { kind: 'error', error },
      { kind: 'error', error },
    ]);
  });

  test('takes as many tasks as it says, and one only once', async () => {
    const bot = place.bot('silent.sh', { max_concurrent: 2 });
    await bot.start();
    const attempts = [bot.give(taskOf(idOf(1))), bot.give(taskOf(idOf(1))), bot.give(taskOf(idOf(2)))];
    expect(attempts[1]).toBeNull();
    expect(bot.give(taskOf(idOf(3)))).toBeNull();
    await bot.stop();
    const stopped = { kind: 'failed', reason: 'stopped' };
    expect(await Promise.all(attempts)).toEqual([stopped, null, stopped]);
    expect(bot.give(taskOf(idOf(4)))).toBeNull();
  });

  test('that does not answer in time is ended with all its processes, and started again', async () => {
    const bot = place.bot('silent.sh', { limits: { task_seconds: 1 }, max_concurrent: 2 });
    await bot.start();
    const attempts = [bot.give(taskOf(idOf(1))), bot.give(taskOf(idOf(2)))];
    const reasons = (await Promise.all(attempts)).map(
      (outcome) => outcome?.kind === 'failed' && outcome.reason,
    );
    expect(reasons).toContain('timeout');
    await until(() => bot.facts.lastEnd === 'timeout' && bot.facts.state === 'ready');
    expect(bot.facts.restarts).toBe(1);
  });

  test('that ends gives its tasks back', async () => {
    const bot = place.bot('quitter.py');
    await bot.start();
    expect(await bot.give(taskOf(idOf(1)))).toEqual({ kind: 'failed', reason: 'exit' });
  });

  test('that falls silent is ended', async () => {
    const bot = place.bot('silent.sh', {}, { heartbeat: 0.5 });
    await bot.start();
    await until(() => bot.facts.lastEnd === 'heartbeat');
  });

  test('that never says that it is there fails after three starts', async () => {
    const bot = place.bot('mute.sh', {}, { start: 0.3 });
    await expect(bot.start()).rejects.toThrow(expect.objectContaining({ code: 'BOT_FAILED' }));
    expect(bot.facts).toMatchObject({ state: 'failed', lastEnd: 'start', restarts: 2 });
    expect(bot.give(taskOf(idOf(1)))).toBeNull();
    expect(running(place.directory)).toBe(false);
  });

  test('that crashes is started again after a while, and fails after three times', async () => {
    const bot = place.bot('crash.sh');
    await expect(bot.start()).rejects.toThrow('the bot tester does not run: exit');
    expect(place.states).toEqual(['starting', 'waiting', 'starting', 'waiting', 'starting', 'failed']);
    expect(readdirSync(place.runtime)).toEqual([]);
    await bot.stop();
    expect(bot.facts.state).toBe('failed');
  });

  test('that answers between its ends goes on', async () => {
    const bot = place.bot('runner.py');
    await bot.start();
    for (let ends = 1; ends <= 3; ends++) {
      expect(await place.run(bot, 'print("here")')).toContain('here');
      const id = place.request('import os, signal; os.kill(os.getppid(), signal.SIGKILL)');
      expect(await bot.give(taskOf(id))).toEqual({ kind: 'failed', reason: 'exit' });
      if (ends === 3) break;
      await until(() => bot.facts.state === 'ready' && bot.facts.restarts === ends);
    }
    expect(bot.facts.state).not.toBe('failed');
  });

  test('that can not be started again fails', async () => {
    const bot = place.bot('quitter.py');
    await bot.start();
    const attempt = bot.give(taskOf(idOf(1)));
    renameSync(place.runtime, `${place.runtime}-gone`);
    expect(await attempt).toEqual({ kind: 'failed', reason: 'exit' });
    await until(() => bot.facts.state === 'failed');
    expect(bot.facts.lastEnd).toBe('start');
  });

  test('ends with sherind, however that ends', async () => {
    const script = built(join(import.meta.dirname, 'testing/attempt.child.ts'));
    const env = { ...process.env, TMPDIR: place.directory };
    const sherind = spawn(process.execPath, [script, 'import time; time.sleep(999)'], {
      env,
      stdio: 'ignore',
    });
    // bubblewrap outside, the first process and the runner inside name the folder; the last is the request's program.
    await until(() => running('/sherin/in/FILES_') && running(place.directory));
    sherind.kill('SIGKILL');
    await until(() => !running(place.directory));
    const [folder = ''] = readdirSync(place.directory).filter((name) => name.startsWith('sherin-bots-'));
    const runtime = join(place.directory, folder, 'run');
    expect(readdirSync(runtime)).toHaveLength(1);
    removeLeftovers(runtime);
    expect(readdirSync(runtime)).toEqual([]);
  });

  test('that lives leaves nothing that is taken for left over', async () => {
    const bot = place.bot('runner.py');
    await bot.start();
    removeLeftovers(place.runtime);
    expect(await place.run(bot, 'print("here")')).toContain('here');
    expect(readdirSync(place.runtime)).toHaveLength(1);
  });

  test('leaves no process behind when it is stopped in the middle of a start or of work', async () => {
    const bot = place.bot('runner.py');
    await bot.start();
    const work = bot.give(
      taskOf(
        place.request(
          'import subprocess, time\n[subprocess.Popen(["setsid", "sleep", "999"]) for _ in range(5)]\ntime.sleep(999)',
        ),
      ),
    );
    await until(() => running('sleep 999'));
    await bot.stop();
    expect(await work).toEqual({ kind: 'failed', reason: 'stopped' });
    expect(running(place.directory)).toBe(false);
    const other = place.bot('mute.sh');
    const started = other.start().catch((error: unknown) => error);
    await until(() => other.facts.state === 'starting');
    await other.stop();
    expect(await started).toMatchObject({ code: 'BOT_FAILED' });
    expect(running(place.directory)).toBe(false);
    expect(readdirSync(place.runtime)).toEqual([]);
  });
});

test('a sandbox that can not be made says why', async () => {
  const bot = place.bot('runner.py');
  execFileSync('rmdir', [place.out]);
  await expect(bot.start()).rejects.toThrow(expect.objectContaining({ code: 'SANDBOX_FAILED' }));
  await expect(bot.start()).rejects.toThrow(/out/);
  expect(readdirSync(place.runtime)).toEqual([]);
});
