import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NextSegment } from './blank-segment.js';
import { JournalFolder } from './folder.js';

const room = 300_000;

let vault: string;
let vaultFd: number;
let ahead: NextSegment;
beforeEach(() => {
  vault = mkdtempSync(join(tmpdir(), 'sherin-blank-'));
  vaultFd = openSync(vault, constants.O_RDONLY | constants.O_DIRECTORY);
  ahead = new NextSegment(new JournalFolder(vaultFd));
});
afterEach(() => {
  closeSync(vaultFd);
  rmSync(vault, { recursive: true });
});

function names(): string[] {
  return readdirSync(join(vault, 'journal'));
}

it('makes the next segment of zeros, once, and hands it over', async () => {
  ahead.prepare(5, room);
  ahead.prepare(5, room);
  const blank = ahead.take();
  await blank?.filled;
  expect(blank?.number).toBe(5);
  expect(names()).toEqual(['00000005.journal']);
  const bytes = readFileSync(join(vault, 'journal/00000005.journal'));
  expect(bytes.equals(Buffer.alloc(blank?.capacity ?? 0))).toBe(true);
  expect(bytes.length).toBeGreaterThan(room);
  expect(ahead.take()).toBeNull();
  closeSync(blank?.fd ?? -1);
});

it('leaves nothing of one that is not needed, filled or not', async () => {
  ahead.prepare(1, room);
  ahead.drop();
  expect(names()).toEqual([]);

  ahead.prepare(1, room);
  const blank = ahead.take();
  await blank?.filled;
  blank?.drop();
  blank?.drop();
  expect(names()).toEqual([]);
  expect(() => fstatSync(blank?.fd ?? -1)).toThrow(expect.objectContaining({ code: 'EBADF' }));
});

it('is silent where none can be made: the append that needs it tells', () => {
  rmSync(join(vault, 'journal'), { recursive: true });
  ahead.prepare(1, room);
  expect(ahead.take()).toBeNull();
});
