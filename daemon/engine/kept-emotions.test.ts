import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DaemonDatabase } from '../database/database.js';
import { EmotionalState } from '../emotion/emotional-state.js';
import { KeptEmotions } from './kept-emotions.js';

const minute = 60_000;
const hour = 60 * minute;
const begin = 1_800_000_000_000;

let directory: string;
let database: DaemonDatabase;
let emotions: EmotionalState;
let kept: KeptEmotions;
let now: number;
let logged: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sherind-emotions-'));
  database = DaemonDatabase.open(directory);
  now = begin;
  logged = [];
  start();
});
afterEach(() => {
  kept.close();
  database.close();
  rmSync(directory, { recursive: true });
});

function start(custom: ConstructorParameters<typeof EmotionalState>[0] = []): void {
  const log = pino({ level: 'warn' }, { write: (line: string) => logged.push(line) });
  emotions = new EmotionalState(custom);
  kept = new KeptEmotions({ database, emotions, log, clock: () => now });
}

/** As after a stop and a start, some time later. */
function restart(later: number, between: () => void = () => undefined): void {
  kept.close();
  database.close();
  database = DaemonDatabase.open(directory);
  between();
  now += later;
  start();
}

const put = 'INSERT INTO emotionSteps (input, seconds, step, sum, count) VALUES (?, ?, ?, ?, ?)';
const rows = () => database.get<{ rows: number }>('SELECT count(*) AS rows FROM emotionSteps')?.rows;

it('a start goes on with cubes that had failed, and those that fail then count beside them', () => {
  emotions.integrityFailed(now);
  restart(0);
  expect(emotions.emotion(now)).toMatchObject({ safety: 0.9, confidence: 0.8 });
  emotions.integrityFailed(now);
  restart(0);
  restart(0);
  expect(emotions.emotion(now).safety).toBe(0.8);
  expect(logged).toEqual([]);
});

it('nobody gains by an edit: successes, or much in which failures are lost, can not be made up', () => {
  restart(0, () => {
    for (const [input, seconds] of [
      ['success', 600],
      ['error', 600],
      ['waiting', 300],
      ['queue', 300],
    ] as const) {
      const step = Math.floor(begin / ((seconds * 1000) / 60));
      database.run(put, input, seconds, step, input === 'success' ? 1_000_000 : 0, 1_000_000);
    }
  });
  const fresh = new EmotionalState();
  expect(emotions.emotion(now)).toEqual(fresh.emotion(now));
  for (const each of [emotions, fresh]) {
    for (let failures = 0; failures < 10; failures++) each.taskEnded('failed', now);
    each.observed('waiting', 8, now);
  }
  expect(emotions.emotion(now)).toEqual(fresh.emotion(now));
});

it('what is older than its window is gone, from the database, too', () => {
  emotions.taskEnded('failed', now);
  emotions.integrityFailed(now);
  restart(11 * minute);
  expect(emotions.emotion(now)).toMatchObject({ confidence: 0.8, safety: 0.9 });
  restart(25 * hour);
  expect(emotions.emotion(now)).toEqual(new EmotionalState().emotion(now));
  expect([rows(), logged]).toEqual([0, []]);
});

it('a process that runs for long drops what has gone out of its windows', () => {
  emotions.integrityFailed(now);
  kept.save();
  const first = rows() ?? 0;
  for (let days = 0; days < 10; days++) {
    now += 25 * hour;
    emotions.integrityFailed(now);
    kept.save();
  }
  expect(rows()).toBe(first);
});

it('rows that are damaged or of a time to come are ignored, and told in the log; the others count', () => {
  emotions.integrityFailed(now);
  restart(0, () => {
    const step = Math.floor(begin / (24 * minute));
    const wrong = [
      ['no-such-input', 86_400, step, 1, 1],
      ['success', 86_400, step, 1, 1],
      ['integrity', 86_400, step - 1, -1, 1],
      ['integrity', 86_400, step - 2, 1, 0],
      ['integrity', 86_400, step - 3, Number.POSITIVE_INFINITY, 1],
      ['integrity', 86_400, -step, 1, 1],
      ['integrity', 86_400, step + 1, 1000, 1000],
    ] as const;
    for (const row of wrong) database.run(put, ...row);
  });
  const fresh = new EmotionalState();
  fresh.integrityFailed(now);
  expect(emotions.feelings(now)).toEqual(fresh.feelings(now));
  expect(logged.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({ damaged: 6, future: 1 }),
  ]);
  restart(0);
  expect(logged).toHaveLength(1);
});

it('a clock that was set back leaves nothing that counts twice', () => {
  emotions.integrityFailed(now);
  restart(-hour);
  expect(emotions.emotion(now).safety).toBe(1);
  emotions.integrityFailed(now);
  restart(0);
  expect(emotions.emotion(now).safety).toBe(0.9);
});

it('windows of a length that no dimension has any more are dropped, and nothing is told of them', () => {
  const patience = { name: 'patience', initial: 0.5, windowSeconds: 120, weights: { integrity: -0.5 } };
  restart(0);
  kept.close();
  start([patience]);
  emotions.integrityFailed(now);
  restart(0);
  expect(database.all('SELECT seconds FROM emotionSteps WHERE seconds = 120')).toEqual([]);
  expect([emotions.emotion(now).safety, logged]).toEqual([0.9, []]);
});

it('what happens is stored without being asked for', async () => {
  emotions.integrityFailed(now);
  await expect.poll(rows, { timeout: 20_000 }).toBeGreaterThan(0);
});
