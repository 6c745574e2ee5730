/** A folder in which another user changes names while files come into it. */
import {
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EntryInfo } from '../../daemon/protocol/control.js';
import { makeNode, xattrs } from '../../native/ipc.js';
import { LocalDirectory } from './local-directory.js';
import { finishSpecial, restoreFile, restoreLink } from './restore-entry.js';

const time = 1_000_000_000_123_456_789n;
let folder: string;
let directory: LocalDirectory;
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-restore-'));
  directory = LocalDirectory.open(folder);
  writeFileSync(at('of others'), 'untouched', { mode: 0o600 });
});
afterEach(() => {
  directory.close();
  rmSync(folder, { recursive: true });
});

function entry(kind: EntryInfo['kind']): EntryInfo {
  const times = { atime: String(time), mtime: String(time), ctime: String(time) };
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const xattrs = [['user.note', Buffer.from('ours').toString('base64')]] as [string, string][];
  return {
    name: 'file',
    inode: 2,
    kind,
    mode: 0o640,
    ...owner,
    ...times,
    size: 4,
    nlink: 1,
    policy: 'user',
    xattrs,
  };
}

const facts = (name: string) => {
  const { mtimeNs, mode, uid } = lstatSync(at(name), { bigint: true });
  return { mtimeNs, mode, uid, xattrs: xattrs(Buffer.from(at(name))) };
};

test.each([
  ['a second name of another file', () => linkSync(at('of others'), at('planted'))],
  ['a link', () => symlinkSync('of others', at('planted'))],
  ['a FIFO', () => makeNode(Buffer.from(at('planted')), 'fifo', 0o600)],
])('%s in the place of what is not finished gets nothing of it', async (_, plant) => {
  plant();
  const before = [facts('of others'), facts('planted')];
  const { left } = await restoreFile(directory, Buffer.from('file'), entry('file'), async (fd) => {
    writeSync(fd, 'good', 0);
    const unfinished = readdirSync(folder).find((name) => name.startsWith('.sherin-get-')) ?? '';
    renameSync(at(unfinished), at('moved away'));
    renameSync(at('planted'), at(unfinished));
  });
  expect(left).toEqual([]);
  expect([facts('of others'), facts('file')]).toEqual(before);
  expect(readFileSync(at('of others'), 'utf8')).toBe('untouched');
  expect(readFileSync(at('moved away'), 'utf8')).toBe('good');
  expect(facts('moved away').mtimeNs).toBe(time);
  expect(xattrs(Buffer.from(at('moved away'))).map(String)).toEqual(['user.note,ours']);
});

test.each([
  ['symlink', () => symlinkSync('of others', at('made'))],
  ['fifo', () => makeNode(Buffer.from(at('made')), 'fifo', 0o600)],
] as const)(
  'a %s has its attributes, and another kind of file in its place has none of them',
  (kind, make) => {
    make();
    const path = Buffer.from(at('made'));
    finishSpecial(path, { ...entry(kind), xattrs: [] });
    expect(facts('made').mtimeNs).toBe(time);
    unlinkSync(path);
    linkSync(at('of others'), path);
    const before = facts('of others');
    expect(() => finishSpecial(path, { ...entry(kind), xattrs: [] })).toThrow(
      expect.objectContaining({ code: 'ESTALE' }),
    );
    expect(facts('of others')).toEqual(before);
    closeSync(openSync(path, 'r'));
  },
);

const replacing: readonly (readonly [string, () => void])[] = [
  ['another file', () => renameSync(at('of others'), at('file'))],
  ['a second name of another file', () => linkSync(at('of others'), at('file'))],
  ['a link', () => symlinkSync('of others', at('file'))],
  ['a directory', () => mkdirSync(at('file'))],
  ['nothing', () => undefined],
];
test.each(replacing)('no further name is given to %s in the place of the first', async (_, replace) => {
  const [first, second] = [Buffer.from('file'), Buffer.from('further')];
  const { made } = await restoreFile(directory, first, entry('file'), async (fd) => {
    writeSync(fd, 'good', 0);
  });
  expect(await restoreLink(directory, second, { directory, name: first, made })).toBe(true);
  expect(readFileSync(at('further'), 'utf8')).toBe('good');
  expect(lstatSync(at('file')).nlink).toBe(2);
  unlinkSync(at('further'));
  unlinkSync(at('file'));
  replace();
  expect(await restoreLink(directory, second, { directory, name: first, made })).toBe(false);
  expect(readdirSync(folder).filter((name) => !['file', 'of others'].includes(name))).toEqual([]);
});
