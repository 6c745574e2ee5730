import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { initMark, isUnfinished } from './unfinished-vault.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sherin-unfinished-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function has(...names: string[]): void {
  for (const name of names) {
    if (name.endsWith('/')) mkdirSync(join(directory, name), { recursive: true });
    else writeFileSync(join(directory, name), '');
  }
}

test('what init makes before the header is unfinished', () => {
  has(initMark);
  expect(isUnfinished(directory)).toBe(true);
  has('cubes/tmp/', 'audit/', 'quarantine/', 'event-logs/', 'manifest.db', 'vault.json.tmp');
  expect(isUnfinished(directory)).toBe(true);
});

test.each([
  ['without the mark', ['cubes/tmp/', 'audit/']],
  ['with the header', [initMark, 'cubes/tmp/', 'vault.json']],
  ['with its copy', [initMark, 'cubes/tmp/', 'vault.json.bak']],
  ['with a folder of cubes', [initMark, 'cubes/tmp/', 'cubes/ab/']],
  ['with a journal', [initMark, 'cubes/tmp/', 'journal/']],
  ['with a file of somebody', [initMark, 'cubes/tmp/', 'letter.txt']],
])('a directory %s is not', (_, names) => {
  has(...names);
  expect(isUnfinished(directory)).toBe(false);
});
