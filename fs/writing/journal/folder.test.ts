import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { JournalFolder } from './folder.js';
import { withoutDescriptors } from './without-descriptors.fixture.js';

let home: string;
let vault: number;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sherin-journal-'));
  vault = openSync(home, 'r');
});
afterEach(() => {
  closeSync(vault);
  rmSync(home, { recursive: true });
});

it('makes no segment with a number that would not be found again', () => {
  const folder = new JournalFolder(vault);
  writeFileSync(join(home, 'journal/99999998.journal'), '');
  const { number, fd } = folder.create(99_999_998);
  closeSync(fd);
  expect(number).toBe(99_999_999);
  expect(() => folder.create(99_999_999)).toThrow('no number is left');
  expect(() => folder.create(100_000_000)).toThrow('no number is left');
  expect(new JournalFolder(vault).numbers).toEqual([99_999_998, 99_999_999]);
});

it.each([false, true])(
  'leaves a segment that can not be opened for another time, overwritten whole: %s',
  async (all) => {
    const folder = new JournalFolder(vault);
    closeSync(folder.create(1).fd);
    expect(await withoutDescriptors(() => folder.remove(1, all))).toBe(false);
    expect(folder.remove(1, all)).toBe(true);
    expect(readdirSync(join(home, 'journal'))).toEqual([]);
  },
);
