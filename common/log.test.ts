import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeLogger } from './log.js';

const folder = mkdtempSync(join(tmpdir(), 'sherin-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What is logged of each level to a file that the environment calls a journal, or not. */
function logged(name: string, env: (place: string) => NodeJS.ProcessEnv): string[] {
  const path = join(folder, name);
  const fd = openSync(path, 'w');
  const { dev, ino } = fstatSync(fd);
  const log = makeLogger('test', { SHERIN_LOG: 'trace', ...env(`${dev}:${ino}`) }, fd);
  for (const level of ['debug', 'info', 'warn', 'error', 'fatal'] as const) log[level](level);
  closeSync(fd);
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

it('gives each line its priority in the journal of systemd', () => {
  const lines = logged('journal', (place) => ({ JOURNAL_STREAM: place }));
  expect(lines.map((line) => line.slice(0, 3))).toEqual(['<7>', '<6>', '<4>', '<3>', '<2>']);
  for (const line of lines) expect(JSON.parse(line.slice(3))).toMatchObject({ name: 'test' });
});

it('writes JSON alone where that is wished, and to whatever else it is', () => {
  const wished = logged('json', (place) => ({ JOURNAL_STREAM: place, SHERIN_LOG_FORMAT: 'json' }));
  const file = logged('file', () => ({ JOURNAL_STREAM: '1:2' }));
  for (const lines of [wished, file])
    expect(lines.map((line) => (JSON.parse(line) as { level: number }).level)).toEqual([20, 30, 40, 50, 60]);
});
