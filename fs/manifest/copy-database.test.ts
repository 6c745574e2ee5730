import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyDatabase } from './copy-database.js';
import type { Manifest } from './manifest.js';
import { Fixture, make } from './testing/fixture.js';

let fixture: Fixture;
let manifest: Manifest;
let copy: Fixture;
beforeEach(() => {
  fixture = new Fixture();
  manifest = fixture.create();
  copy = new Fixture({ seed: fixture.seed, key: fixture.key });
});
afterEach(() => {
  manifest.close();
  fixture.remove();
  copy.remove();
});

function add(count: number): void {
  for (let i = 0; i < count; i++) {
    const ino = manifest.newInode();
    manifest.commit(make(ino, 1, `file ${ino}`), [], []);
  }
}

describe('something else in the place of the database', () => {
  it.each(['a link to another file', 'a FIFO', 'a folder'])(
    '%s is neither copied nor waited for',
    async (kind) => {
      const [path, other] = [join(copy.directory, 'other'), join(copy.directory, 'precious')];
      writeFileSync(other, 'precious');
      if (kind === 'a FIFO') execFileSync('mkfifo', [path]);
      else if (kind === 'a folder') mkdirSync(path);
      else symlinkSync(other, path);
      await expect(copyDatabase(path, copy.path)).rejects.toMatchObject({ code: 'IO' });
      expect(existsSync(copy.path)).toBe(false);
    },
  );
});

/** Opens the copy alone. */
function names(): string[] {
  const opened = copy.open();
  try {
    return Array.from(opened.tree.list(1), ({ name }) => name.toString());
  } finally {
    opened.abandon();
    for (const suffix of ['', '-wal']) rmSync(`${copy.path}${suffix}`, { force: true });
  }
}

describe('a copy of an open manifest', () => {
  it('holds what was committed last, whether it is in the database or in the write-ahead log', async () => {
    for (const count of [0, 1, 30, 300]) {
      add(count);
      await copyDatabase(fixture.path, copy.path);
      expect(statSync(copy.path).mode & 0o777).toBe(0o600);
      expect(names()).toHaveLength(manifest.head.size > 1 ? (manifest.head.size - 1) / 2 : 0);
    }
    manifest.checkpoint();
    add(2);
    await copyDatabase(fixture.path, copy.path);
    expect(names()).toHaveLength(333);
  });

  it('ends where the last whole commit does, as SQLite would read it', async () => {
    manifest.checkpoint();
    add(1);
    const first = statSync(`${fixture.path}-wal`).size;
    add(1);
    const whole = readFileSync(`${fixture.path}-wal`);
    const aside = join(copy.directory, 'aside.db');
    copyFileSync(fixture.path, aside);
    for (const [cut, count] of [
      [whole.length, 2],
      [whole.length - 1, 1],
      [first + 1, 1],
      [first, 1],
      [first - 1, 0],
      [40, 0],
      [0, 0],
    ] as const) {
      writeFileSync(`${aside}-wal`, whole.subarray(0, cut));
      await copyDatabase(aside, copy.path);
      expect(names(), `cut at ${cut}`).toHaveLength(count);
    }
    writeFileSync(`${aside}-wal`, whole);
    appendFileSync(`${aside}-wal`, Buffer.alloc(5000, 0xff));
    await copyDatabase(aside, copy.path);
    expect(names()).toHaveLength(2);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(first + 3000) ^ 1, first + 3000);
    writeFileSync(`${aside}-wal`, flipped);
    await copyDatabase(aside, copy.path);
    expect(names()).toHaveLength(1);
  });

  it('needs no write-ahead log, and no space for one', async () => {
    add(3);
    manifest.close();
    await copyDatabase(fixture.path, copy.path);
    expect(names()).toHaveLength(3);
    truncateSync(fixture.path, 0);
    await copyDatabase(fixture.path, copy.path);
    expect(statSync(copy.path).size).toBe(0);
    rmSync(fixture.path);
    await expect(copyDatabase(fixture.path, copy.path)).rejects.toMatchObject({ code: 'IO' });
    manifest = new Fixture({ directory: fixture.directory, seed: fixture.seed, key: fixture.key }).create();
  });
});
