import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDirectories } from './make-directories.js';

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'sherin-directories-'));
});
afterEach(() => rmSync(top, { recursive: true }));

const text = (paths: readonly Buffer[]): string[] => paths.map((path) => path.toString());
const refused = (code: string) => expect.objectContaining({ code });

test('makes what is missing, with its mode, and tells what that was', () => {
  const before = process.umask(0);
  try {
    expect(text(makeDirectories(join(top, 'a'), 0o700))).toEqual([join(top, 'a')]);
    chmodSync(join(top, 'a'), 0o755);
    expect(text(makeDirectories(join(top, 'a/b/c/d'), 0o710))).toEqual([
      join(top, 'a/b'),
      join(top, 'a/b/c'),
      join(top, 'a/b/c/d'),
    ]);
  } finally {
    process.umask(before);
  }
  const modes = ['a', 'a/b', 'a/b/c', 'a/b/c/d'].map((name) => statSync(join(top, name)).mode & 0o777);
  expect(modes).toEqual([0o755, 0o710, 0o710, 0o710]);
  expect(makeDirectories(join(top, 'a/b/c/d'), 0o700)).toEqual([]);
});

test.each(['a/', 'a/b/', './a/./b/.', 'a/../b', 'a//b'])('takes %s', (name) => {
  makeDirectories(`${top}/${name}`, 0o700);
  expect(statSync(`${top}/${name}`).isDirectory()).toBe(true);
});

test('takes names that are no UTF-8', () => {
  const path = Buffer.concat([Buffer.from(`${top}/`), Buffer.from([0xff, 0x2f, 0xc3, 0x28])]);
  expect(makeDirectories(path, 0o700)).toEqual([path.subarray(0, -3), path]);
  expect(statSync(path).isDirectory()).toBe(true);
});

test('goes through links to directories, and takes one for a directory', () => {
  mkdirSync(join(top, 'real'));
  symlinkSync('real', join(top, 'link'));
  expect(text(makeDirectories(join(top, 'link/a'), 0o700))).toEqual([join(top, 'link/a')]);
  expect(makeDirectories(join(top, 'link'), 0o700)).toEqual([]);
});

test('refuses what stands in the place of a directory', () => {
  writeFileSync(join(top, 'file'), '');
  symlinkSync('nowhere', join(top, 'link'));
  expect(() => makeDirectories(join(top, 'file'), 0o700)).toThrow(refused('EEXIST'));
  expect(() => makeDirectories(join(top, 'file/a/b'), 0o700)).toThrow(refused('ENOTDIR'));
  expect(() => makeDirectories(join(top, 'link/a'), 0o700)).toThrow(refused('EEXIST'));
});

test('ends where a directory is there and takes no names', () => {
  for (const path of ['/proc/nowhere', '/proc/nowhere/a/b', '/proc/self/fdinfo/a', ''])
    expect(() => makeDirectories(path, 0o700)).toThrow(refused('ENOENT'));
  const removed = join(top, 'removed');
  mkdirSync(removed);
  const fd = openSync(removed, 'r');
  rmdirSync(removed);
  expect(() => makeDirectories(`/proc/self/fd/${fd}/a/b`, 0o700)).toThrow(refused('ENOENT'));
  closeSync(fd);
});
