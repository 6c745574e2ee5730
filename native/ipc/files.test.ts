import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  lstatSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeNode, setTimes, setXattr, xattrs } from '../ipc.js';

let work = '';
const at = (name: string): Buffer => Buffer.from(join(work, name));

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'sherin-files-'));
  writeFileSync(at('file'), 'x');
  symlinkSync('file', at('link'));
});

afterEach(() => rmSync(work, { recursive: true }));

test('extended attributes come back as they were set, values of any bytes', () => {
  const value = Buffer.from([0, 255, 10, 0]);
  setXattr(at('file'), Buffer.from('user.note'), value);
  setXattr(at('file'), Buffer.from('user.empty'), Buffer.alloc(0));
  const found = new Map(xattrs(at('file')).map(([name, bytes]) => [name.toString(), bytes]));
  expect(found.get('user.note')).toEqual(value);
  expect(found.get('user.empty')).toEqual(Buffer.alloc(0));
  expect(xattrs(at('link')).filter(([name]) => name.toString().startsWith('user.'))).toEqual([]);
});

test("what is Sherin's own is left out", () => {
  execFileSync('setfattr', ['-n', 'user.sherin.id', '-v', 'x', join(work, 'file')]);
  expect(xattrs(at('file')).map(([name]) => name.toString())).not.toContain('user.sherin.id');
});

test.each([0n, 1n, -1n, -315_521_754_876_543_211n, 1_700_000_000_123_456_789n, 4_300_000_000_999_999_999n])(
  'times to the nanosecond: %d',
  (time) => {
    setTimes(at('file'), time, time);
    const { atimeNs, mtimeNs } = lstatSync(at('file'), { bigint: true });
    expect([atimeNs, mtimeNs]).toEqual([time, time]);
  },
);

test('times of a link are its own', () => {
  const before = lstatSync(at('file'), { bigint: true }).mtimeNs;
  setTimes(at('link'), 5n, 7n);
  expect(lstatSync(at('link'), { bigint: true }).mtimeNs).toBe(7n);
  expect(lstatSync(at('file'), { bigint: true }).mtimeNs).toBe(before);
});

test('a descriptor means what it was opened for, whatever has its name now, and a link that O_PATH opened itself', () => {
  const fd = openSync(at('file'), constants.O_RDWR);
  const link = openSync(at('link'), 0o10000000 | constants.O_NOFOLLOW);
  for (const name of ['file', 'link']) renameSync(at(name), at(`moved ${name}`));
  writeFileSync(at('file'), 'another');
  setXattr(fd, Buffer.from('user.note'), Buffer.from('1'));
  setTimes(fd, 5n, 7n);
  setTimes(link, 8n, 9n);
  expect(xattrs(at('file'))).toEqual([]);
  expect(xattrs(at('moved file')).map(String)).toEqual(['user.note,1']);
  const times = ['moved file', 'moved link'].map((name) => lstatSync(at(name), { bigint: true }).mtimeNs);
  expect(times).toEqual([7n, 9n]);
  for (const open of [fd, link]) closeSync(open);
});

test('FIFOs and sockets', () => {
  makeNode(at('fifo'), 'fifo', 0o600);
  makeNode(at('socket'), 'socket', 0o600);
  expect(lstatSync(at('fifo')).isFIFO()).toBe(true);
  expect(lstatSync(at('socket')).isSocket()).toBe(true);
  expect(() => makeNode(at('fifo'), 'fifo', 0o600)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
});

test('misuse throws', () => {
  const wrong = (value: unknown) => value as never;
  expect(() => xattrs(at('none'))).toThrow(
    expect.objectContaining({ code: 'ENOENT', syscall: 'llistxattr' }),
  );
  expect(() => xattrs(Buffer.from('a\0b'))).toThrow(TypeError);
  expect(() => xattrs(wrong('text'))).toThrow(TypeError);
  expect(() => setTimes(at('file'), wrong(1), 1n)).toThrow(TypeError);
  expect(() => setTimes(at('file'), 2n ** 70n, 1n)).toThrow(RangeError);
  expect(() => makeNode(at('new'), wrong('device'), 0o600)).toThrow(TypeError);
  expect(() => setXattr(at('file'), Buffer.from('user.a'), wrong('text'))).toThrow(TypeError);
});
