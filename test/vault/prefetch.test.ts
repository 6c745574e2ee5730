/** The small files of a directory that is listed are opened without JavaScript; what must hold of every open holds of those. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Machine } from './machine.js';
import { until } from './wait.js';

const count = 100;
const names = Array.from({ length: count }, (_, at) => `file-${String(at).padStart(3, '0')}`);
let machine: Machine;
let content: Map<string, Buffer>;

function fill(): void {
  content = new Map(names.map((name, at) => [name, randomBytes(100 + at * 1_000)]));
  for (const [name, bytes] of content) writeFileSync(join(machine.home, 'tree', name), bytes);
}

const path = (name = '') => join(machine.mount, 'files/tree', name);

/** Lists and reads the first, which has the others prepared. */
function prepare(): void {
  readdirSync(path());
  readFileSync(path(names[0]));
}

beforeEach(() => {
  machine = Machine.start();
  mkdirSync(join(machine.home, 'tree'));
  fill();
  machine.ok('put', join(machine.home, 'tree'), 'files/tree');
});
afterEach(() => machine.end());

function opens(): { readonly id: string; readonly actor: { readonly exe: string; readonly pid: number } }[] {
  const lines = readFileSync(join(machine.mount, '.sherin/audit.jsonl'), 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'AUDIT_OPEN');
}

describe('files that were prepared', () => {
  it('give their bytes, and each open is on record with its program', async () => {
    prepare();
    const { out } = machine.shell('exec cat "$M"/files/tree/*');
    expect(out.length).toBeGreaterThan(0);
    for (const [name, bytes] of content) expect(readFileSync(path(name)).equals(bytes), name).toBe(true);
    await until('all opens are on record', () => {
      const cats = opens().filter(({ actor }) => actor.exe === 'cat');
      return new Set(cats.map(({ id }) => id)).size === count;
    });
  });

  it('are verified before anybody asks for them', async () => {
    const small = [...content.values()].filter(({ length }) => length <= 65_536);
    const bytes = small.reduce((sum, { length }) => sum + length, 0);
    expect(machine.status().reads.decrypted).toBe(0);
    prepare();
    await until('nothing is read ahead', () => machine.status().reads.decrypted >= bytes);
  });

  it('are those of the next directory, too, for who reads through one after the other', async () => {
    const bytes = 40 * 3_000;
    for (const directory of ['a', 'b', 'c']) {
      const place = join(machine.home, 'more', directory);
      mkdirSync(place, { recursive: true });
      for (let at = 0; at < 40; at++) writeFileSync(join(place, `file-${at}`), randomBytes(3_000));
    }
    machine.ok('put', join(machine.home, 'more'), 'files/more');
    const list = (directory: string) => readdirSync(join(machine.mount, 'files/more', directory));
    const decrypted = () => machine.status().reads.decrypted;
    expect(list('b')).toHaveLength(40);
    expect(decrypted()).toBe(0);
    for (const name of list('a')) readFileSync(join(machine.mount, 'files/more/a', name));
    await until('the end of a directory is noticed', () => {
      list('b');
      return decrypted() === 2 * bytes;
    });
    // Nobody has read that one.
    list('c');
    await sleep(200);
    expect(decrypted()).toBe(2 * bytes);
  });

  it('are those of the directory behind, before it is listed, where their parent was', async () => {
    const size = 3_000;
    for (const directory of ['a', 'b', 'c']) {
      mkdirSync(join(machine.home, 'row', directory), { recursive: true });
      for (let at = 0; at < 40; at++)
        writeFileSync(join(machine.home, 'row', directory, `file-${at}`), randomBytes(size));
    }
    machine.ok('put', join(machine.home, 'row'), 'files/row');
    const list = (directory: string) => readdirSync(join(machine.mount, 'files/row', directory));
    const decrypted = () => machine.status().reads.decrypted;
    expect(list('')).toEqual(['a', 'b', 'c']);
    for (const name of list('a')) readFileSync(join(machine.mount, 'files/row/a', name));
    await until('the files of the second directory are read', () => decrypted() === 80 * size);
    list('b');
    list('c');
    await sleep(200);
    expect(decrypted()).toBe(80 * size);
    readFileSync(join(machine.mount, 'files/row/b/file-0'));
    for (const name of list('b')) readFileSync(join(machine.mount, 'files/row/b', name));
    await until('the files of the third directory are read', () => decrypted() === 120 * size);
  });

  it('go on behind the first 128 when the middle of those is reached', async () => {
    const size = 3_000;
    mkdirSync(join(machine.home, 'many'));
    const many = Array.from({ length: 300 }, (_, at) => `file-${String(at).padStart(3, '0')}`);
    for (const name of many) writeFileSync(join(machine.home, 'many', name), randomBytes(size));
    machine.ok('put', join(machine.home, 'many'), 'files/many');
    const readFile = (at: number) => readFileSync(join(machine.mount, 'files/many', many[at] ?? ''));
    const decrypted = (files: number) => () => machine.status().reads.decrypted === files * size;
    readdirSync(join(machine.mount, 'files/many'));
    readFile(0);
    await until('129 files are read', decrypted(129));
    readFile(30);
    readFile(70);
    await until('257 files are read', decrypted(257));
    readFile(71);
    readFile(200);
    await until('all files are read', decrypted(300));
  });

  it.each([1, 2, 3])('are those of the next directory even where it has %i', async (files) => {
    for (const directory of ['a', 'b']) {
      mkdirSync(join(machine.home, 'few', directory), { recursive: true });
      for (let at = 0; at < files; at++)
        writeFileSync(join(machine.home, 'few', directory, `file-${at}`), randomBytes(3_000));
    }
    machine.ok('put', join(machine.home, 'few'), 'files/few');
    const list = (directory: string) => readdirSync(join(machine.mount, 'files/few', directory));
    for (const name of list('a')) readFileSync(join(machine.mount, 'files/few/a', name));
    await until('the files of the second directory are read', () => {
      list('b');
      return machine.status().reads.decrypted === 2 * files * 3_000;
    });
  });

  it('are as closed as any while the vault is locked', () => {
    prepare();
    machine.ok('lock');
    for (const name of names.slice(0, 10)) expect(() => readFileSync(path(name)), name).toThrow('EACCES');
    machine.ok('unlock');
    for (const [name, bytes] of content) expect(readFileSync(path(name)).equals(bytes), name).toBe(true);
  });

  it('show what was put since', () => {
    prepare();
    const open = openSync(path(names[5] ?? ''), 'r');
    fill();
    machine.ok('put', join(machine.home, 'tree'), 'files/tree');
    for (const [name, bytes] of content) expect(readFileSync(path(name)).equals(bytes), name).toBe(true);
    const bytes = content.get(names[5] ?? '') ?? Buffer.alloc(0);
    const shown = Buffer.alloc(bytes.length);
    expect(readSync(open, shown, 0, shown.length, 0)).toBe(bytes.length);
    expect(shown.equals(bytes)).toBe(true);
    closeSync(open);
  });

  it('are refused where they were damaged before', () => {
    for (const cube of machine.cubes()) {
      const fd = openSync(cube, 'r+');
      writeSync(fd, randomBytes(16), 0, 16, 4_096);
      closeSync(fd);
    }
    machine.ok('lock');
    machine.ok('unlock');
    readdirSync(path());
    for (const name of names) expect(() => readFileSync(path(name)), name).toThrow('EACCES');
    expect(machine.status().tree?.quarantined).toBe(count);
  });
});
