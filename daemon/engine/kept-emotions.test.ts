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

it('a start goes on with what was measured before it, and what is measured then counts beside it', () => {
  for (let failures = 0; failures < 10; failures++) emotions.taskEnded('failed', now);
  emotions.integrityFailed(now);
  emotions.observed('waiting', 8, now);
  emotions.patternLookedUp(false, now);
  const before = emotions.feelings(now);
  restart(0);
  expect(emotions.feelings(now)).toEqual(before);
  expect(emotions.emotion(now)).toMatchObject({ confidence: 0.55, safety: 0.9, empathy: 0.65 });
  emotions.taskEnded('failed', now);
  restart(0);
  restart(0);
  expect(emotions.feelings(now).get('confidence')?.inputs.error).toBeCloseTo(11 / 21);
  expect(logged).toEqual([]);
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
  emotions.taskEnded('failed', now);
  kept.save();
  const first = rows() ?? 0;
  for (let days = 0; days < 10; days++) {
    now += 25 * hour;
    emotions.taskEnded('failed', now);
    kept.save();
  }
  expect(rows()).toBe(first);
});

it('rows that are damaged or of a time to come are ignored, and told in the log; the others count', () => {
  emotions.integrityFailed(now);
  restart(0, () => {
    const step = Math.floor(begin / 10_000);
    const wrong = [
      ['no-such-input', 600, step, 1, 1],
      ['success', 600, step, 5, 1],
      ['error', 600, step, -1, 1],
      ['error', 600, step - 1, 1, 0],
      ['waiting', 600, step, Number.POSITIVE_INFINITY, 1],
      ['error', 600, -step, 1, 1],
      ['success', 600, step + 1, 1000, 1000],
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
  emotions.taskEnded('failed', now);
  restart(-hour);
  expect(emotions.emotion(now).confidence).toBe(0.8);
  emotions.taskEnded('failed', now);
  restart(0);
  expect(emotions.feelings(now).get('confidence')?.inputs.error).toBeCloseTo(1 / 11);
});

it('windows of a length that no dimension has any more are dropped without a word', () => {
  const patience = { name: 'patience', initial: 0.5, windowSeconds: 120, weights: { error: -0.5 } };
  restart(0);
  kept.close();
  start([patience]);
  emotions.taskEnded('failed', now);
  restart(0);
  expect(database.all('SELECT seconds FROM emotionSteps WHERE seconds = 120')).toEqual([]);
  expect([emotions.emotion(now).confidence < 0.8, logged]).toEqual([true, []]);
});

it('what happens is stored without being asked for', async () => {
  emotions.taskEnded('failed', now);
  await expect.poll(rows, { timeout: 20_000 }).toBeGreaterThan(0);
});
