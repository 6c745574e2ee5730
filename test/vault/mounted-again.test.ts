/** A vault that was unmounted under open files, and mounted again: the kernel keeps what it knows for each of both mounts. */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Driver, OpenVault } from './open-vault.js';
import { until } from './wait.js';

const size = 10_000;

describe.each<Driver>(['native', 'fuse-native'])('a vault that was mounted again by %s', (driver) => {
  const vault = new OpenVault(driver);
  const path = (name: string): string => join(vault.files, name);
  const again = async (): Promise<void> => {
    expect(await vault.machine.call('umount', {})).toEqual({ lazy: true });
    await vault.machine.call('mount', { path: vault.machine.mount, driver });
  };
  const firstOf = (fd: number): string => {
    const byte = Buffer.alloc(1);
    readSync(fd, byte, 0, 1, 0);
    return byte.toString();
  };
  /** In the mount that was undone. */
  let old: number;
  const oldPath = (name: string): string => `/proc/self/fd/${old}/${name}`;
  beforeAll(() => vault.start());
  afterAll(() => vault.end());
  beforeEach(() => {
    mkdirSync(path('d'), { recursive: true });
    writeFileSync(path('d/a'), 'a'.repeat(size));
    old = openSync(path('d'), 'r');
  });
  afterEach(() => closeSync(old));

  it('shows what is written by way of the old mount, behind which others append', async () => {
    const writer = openSync(path('d/a'), 'r+');
    await again();
    expect(readFileSync(path('d/a'), 'latin1')).toBe('a'.repeat(size));
    writeSync(writer, 'b', 0);
    writeSync(writer, 'c'.repeat(size), size);
    await until('the new mount shows the old size', () => statSync(path('d/a')).size === 2 * size);
    await until('the new mount shows the old bytes', () => readFileSync(path('d/a'), 'latin1')[0] === 'b');
    appendFileSync(path('d/a'), 'd');
    await until('the old mount shows the old size', () => fstatSync(writer).size === 2 * size + 1);
    closeSync(writer);
    expect(readFileSync(path('d/a'), 'latin1')).toBe(`b${'a'.repeat(size - 1)}${'c'.repeat(size)}d`);
  });

  it('has the old mount show what is written by way of the new one', async () => {
    const reader = openSync(path('d/a'), 'r');
    expect(firstOf(reader)).toBe('a');
    await again();
    const writer = openSync(path('d/a'), 'r+');
    writeSync(writer, 'b', 0);
    await until('the old mount shows the old bytes', () => firstOf(reader) === 'b');
    writeSync(writer, 'c', 0);
    await until('the old mount shows the old bytes', () => firstOf(reader) === 'c');
    closeSync(writer);
    closeSync(reader);
  });

  it('shows names that come and go in the old mount, and the other way round', async () => {
    await again();
    // Each remembers that there is none.
    expect([existsSync(path('d/new')), existsSync(oldPath('other'))]).toEqual([false, false]);
    expect(existsSync(oldPath('a'))).toBe(true);
    writeFileSync(oldPath('new'), 'new');
    await until('the new mount lacks it', () => existsSync(path('d/new')));
    writeFileSync(path('d/other'), 'other');
    await until('the old mount lacks it', () => existsSync(oldPath('other')));
    unlinkSync(path('d/a'));
    await until('the old mount still shows it', () => !existsSync(oldPath('a')));
    expect(readdirSync(oldPath('.')).sort()).toEqual(readdirSync(path('d')).sort());
  });

  // fuse-native asks by paths, of which such a file has none.
  it.runIf(driver === 'native')(
    'has one mount show what becomes of a file without a name by way of the other',
    async () => {
      const there = openSync(path('d/a'), 'r');
      await again();
      const here = openSync(path('d/a'), 'r+');
      unlinkSync(path('d/a'));
      await until('the old mount still shows a name', () => fstatSync(there).nlink === 0);
      fchmodSync(here, 0o604);
      await until('the old mount shows the old mode', () => (fstatSync(there).mode & 0o777) === 0o604);
      futimesSync(here, 1, 1_000_000_000);
      await until('the old mount shows the old time', () => fstatSync(there).mtimeMs === 1e12);
      fchmodSync(there, 0o640);
      await until('the new mount shows the old mode', () => (fstatSync(here).mode & 0o777) === 0o640);
      closeSync(there);
      closeSync(here);
    },
  );

  it('keeps what has no name and is open by way of one when the other forgets it', async () => {
    const closed = openSync(path('d/a'), 'r');
    await again();
    const kept = openSync(path('d/a'), 'r+');
    unlinkSync(path('d/a'));
    await until('the old mount still shows it', () => !existsSync(oldPath('a')));
    closeSync(closed);
    writeSync(kept, 'b', 0);
    // The old mount has let go of it by the time it answers for this.
    writeFileSync(oldPath('later'), 'later');
    expect(firstOf(kept)).toBe('b');
    expect(fstatSync(kept).size).toBe(size);
    closeSync(kept);
  });
});
