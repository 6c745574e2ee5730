import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readAtMost } from './read-at-most.js';

const folder = mkdtempSync(join(tmpdir(), 'sherin-read-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('reads a file whole up to the bound, and refuses one that is longer', () => {
  const path = join(folder, 'file');
  const content = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, at) => (at * 7) & 0xff));
  writeFileSync(path, content);
  expect(readAtMost(path, content.length).equals(content)).toBe(true);
  expect(readAtMost(Buffer.from(path), 1_000_000).equals(content)).toBe(true);
  expect(() => readAtMost(path, content.length - 1)).toThrow(
    expect.objectContaining({ code: 'LOCAL_FILE', message: expect.stringContaining('199999 bytes') }),
  );
});

it('refuses a device without an end, and reads a pipe to its end', () => {
  expect(() => readAtMost('/dev/zero', 100_000)).toThrow(expect.objectContaining({ code: 'LOCAL_FILE' }));
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  spawn('sh', ['-c', 'printf text > "$0"', fifo], { stdio: 'ignore' });
  expect(readAtMost(fifo, 10).toString()).toBe('text');
});

it('an empty file is empty, one that is not there a system error', () => {
  expect(readAtMost('/dev/null', 0)).toHaveLength(0);
  expect(() => readAtMost(join(folder, 'none'), 1)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});
