/** Each attack of SECURITY.md has a defence that removed.test.ts takes away, and each removal is still one: by its words alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../common/project.js';
import { removals } from './removals/index.js';
import { attackTable } from './table.js';

const table = attackTable();

test('every attack has a defence that is taken away', () => {
  const removed = new Set(removals.map(({ attack }) => attack));
  expect(table.map(({ attack }) => attack).filter((attack) => !removed.has(attack))).toEqual([]);
  expect(table.length).toBeGreaterThan(70);
});

test('every removal is of a row that cites its test, and of words that its file has once', () => {
  for (const { attack, test, title, also = [], ...first } of removals) {
    const row = table.find((one) => one.attack === attack);
    expect(row?.tests, attack).toContainEqual({ file: test, title });
    for (const { file, text, instead } of [first, ...also]) {
      expect(readFileSync(join(projectRoot, file), 'utf8').split(text), `${attack}: ${text}`).toHaveLength(2);
      expect(instead).not.toBe(text);
    }
  }
});
