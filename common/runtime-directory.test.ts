import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareRuntimeDirectory } from './runtime-directory.js';

const isRoot = process.getuid?.() === 0;
const stranger = 65_534;
let above: string;
let path: string;
beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), 'sherin-runtime-'));
  path = join(above, 'sherin');
});
afterEach(() => rmSync(above, { recursive: true }));

test('it is made with its mode, whatever the umask, and taken as it is then', () => {
  const before = process.umask(0);
  try {
    prepareRuntimeDirectory(path);
  } finally {
    process.umask(before);
  }
  expect(statSync(path).mode & 0o777).toBe(isRoot ? 0o711 : 0o700);
  prepareRuntimeDirectory(path);
  // As /tmp is: others may make names there, and not take this one away.
  chmodSync(above, 0o1777);
  prepareRuntimeDirectory(path);
});

test.each([
  [
    'a link, though to a directory of its own',
    () => {
      mkdirSync(join(above, 'elsewhere'), { mode: 0o700 });
      symlinkSync('elsewhere', path);
    },
  ],
  ['a link that leads nowhere', () => symlinkSync('nowhere', path)],
  ['a file', () => writeFileSync(path, '')],
  [
    'one that a group may write to',
    () => {
      mkdirSync(path);
      chmodSync(path, 0o770);
    },
  ],
  [
    'one in a directory where others may give its name away',
    () => {
      mkdirSync(path, { mode: 0o700 });
      chmodSync(dirname(path), 0o777);
    },
  ],
])('where others can plant sockets, logs or links it is refused: %s', (_, plant) => {
  plant();
  expect(() => prepareRuntimeDirectory(path)).toThrow(expect.objectContaining({ code: 'RUNTIME_UNSAFE' }));
});

test.runIf(isRoot).each([
  ['made by another user before', () => chownSync(path, stranger, stranger)],
  ["in another user's directory", () => chownSync(above, stranger, stranger)],
])('one %s is refused', (_, plant) => {
  mkdirSync(path, { mode: 0o700 });
  plant();
  expect(() => prepareRuntimeDirectory(path)).toThrow(expect.objectContaining({ code: 'RUNTIME_UNSAFE' }));
});
