/** Somebody who puts back, takes away or changes segments of the journal: never a state that there was not, and it is told of. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { peer } from '../../fs/check/fsck.fixture.js';
import { whyVault } from '../../fs/service/objects/why.js';
import { CrashBench } from './crash-run.js';
import { contentText } from './model.js';
import { type Opened, openVault } from './opened.js';
import type { Operation } from './operations.js';
import { Performer } from './performer.js';
import { pictureOf } from './picture.js';

vi.setConfig({ testTimeout: 120_000 });

let bench: CrashBench;
beforeAll(async () => {
  bench = await CrashBench.create([]);
});
beforeEach(() => bench.restore('new'));
afterAll(() => bench.remove());

const inVault = (...names: string[]): string => join(bench.places, 'vault', ...names);
const segment = (number: number): string => inVault('journal', `${String(number).padStart(8, '0')}.journal`);
/** How many segments have a head: the next one may be made, and be zeros. */
const begun = (): number =>
  readdirSync(inVault('journal')).filter((name) => readFileSync(inVault('journal', name)).readUInt8(0) !== 0)
    .length;
const kept = (): string[] => readdirSync(inVault('quarantine')).filter((name) => name.endsWith('.journal'));

async function done(opened: Opened, operations: readonly Operation[]): Promise<void> {
  const performer = new Performer(opened, bench.places);
  for (const [at, operation] of operations.entries()) await performer.perform(operation, at);
}

/** Does operations and crashes: the disk is as a kill leaves it. @returns what programs saw then */
async function crashAfter(operations: readonly Operation[]): ReturnType<typeof pictureOf> {
  const opened = await openVault(bench.places);
  await done(opened, operations);
  const seen = await pictureOf(opened);
  bench.save('crashed');
  await opened.service.stop(null);
  bench.restore('crashed');
  return seen;
}

interface Found {
  readonly picture: Awaited<ReturnType<typeof pictureOf>>;
  readonly records: readonly { readonly event: string; readonly meta: unknown }[];
  readonly reasons: readonly string[];
}

/** Opens it, looks, and closes it. */
async function opened(): Promise<Found> {
  // Another directory: the one that was open before stays locked until its reader's memory is collected.
  bench.save('stopped');
  bench.restore('stopped');
  const now = await openVault(bench.places);
  try {
    const picture = await pictureOf(now);
    const tail = await now.session.records.tail(20);
    const records = tail.filter(({ event }) => event === 'AUDIT_JOURNAL_REFUSED');
    return { picture, records, reasons: whyVault(now.session).reasons };
  } finally {
    await now.service.stop(null);
    expect(readdirSync(inVault('journal'))).toEqual([]);
  }
}

function change(path: string, at: number, by = 0x10): void {
  const fd = openSync(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    readSync(fd, byte, 0, 1, at);
    writeSync(fd, Buffer.from([(byte[0] ?? 0) ^ by]), 0, 1, at);
  } finally {
    closeSync(fd);
  }
}

const written = (path: string, length = 10_000): Operation[] => [
  { do: 'open', label: path, path },
  { do: 'write', label: path, at: 0, length },
  { do: 'sync', labels: [path] },
];
/** Three segments and the beginning of a fourth. */
const large = ['a', 'b', 'c', 'd'].flatMap((path) => written(path, 3_500_000));

describe('a segment of another time', () => {
  it('that was cut off before, and is put back, brings nothing into the file that has the number of its own', async () => {
    await crashAfter([...written('first'), ...written('private')]);
    cpSync(segment(1), join(bench.places, 'old'));
    // As if the second append had never reached the disk.
    const bytes = readFileSync(segment(1));
    const end = 64 + 8 + bytes.readUInt32LE(64) + 16;
    writeFileSync(segment(1), bytes.fill(0, end));
    const now = await openVault(bench.places);
    expect(now.session.tree.find([Buffer.from('private')])).toBeUndefined();
    await done(now, [
      { do: 'open', label: 'public', path: 'public' },
      { do: 'close', label: 'public' },
    ]);
    await now.service.stop(null);
    cpSync(join(bench.places, 'old'), segment(1));
    const { picture, records } = await opened();
    expect([...picture.keys()].sort()).toEqual(['first', 'public']);
    expect(picture.get('public')?.content).toBe(contentText(Buffer.alloc(0)));
    expect(records).toMatchObject([{ meta: { refused: 1 } }]);
  });

  it('counts no more once the vault was closed, and is kept with a record', async () => {
    await crashAfter(written('f'));
    cpSync(segment(1), join(bench.places, 'old'));
    await opened();
    cpSync(join(bench.places, 'old'), segment(1));
    const { records, reasons } = await opened();
    expect(records).toHaveLength(1);
    expect(reasons.join()).toContain('a segment of the journal did not verify');
    expect(kept()).toHaveLength(1);
  });
});

describe('segments that are left out', () => {
  it.each([
    ['the oldest', 1, []],
    ['one in the middle', 2, ['a']],
  ] as const)('%s: nothing behind it counts', async (_, number, names) => {
    await crashAfter(large);
    const all = begun();
    expect(all).toBeGreaterThan(3);
    rmSync(segment(number));
    const { picture, records, reasons } = await opened();
    expect([...picture.keys()].sort()).toEqual(names);
    expect(records).toMatchObject([{ meta: { refused: all - number } }]);
    expect(kept()).toHaveLength(all - number);
    expect(reasons.join()).toContain('segments of the journal did not verify');
  });

  it('the last one: that is as a crash before it', async () => {
    await crashAfter(large);
    rmSync(segment(begun()));
    const { picture, records } = await opened();
    expect([...picture.keys()].sort()).toEqual(['a', 'b', 'c']);
    expect(records).toEqual([]);
  });
});

describe('a byte that is another', () => {
  it.each([
    ['in a frame', 64 + 8 + 100],
    ['in the length of one, which then takes in all that follow', 64 + 2],
    ['in the head', 20],
  ])('%s: what is whole before it counts, the rest is kept and told of', async (_, at) => {
    await crashAfter([...written('f'), ...written('g')]);
    change(segment(1), at, 0x08);
    const before = readFileSync(segment(1));
    const { picture, records } = await opened();
    expect([...picture.keys()]).toEqual([]);
    expect(records).toHaveLength(1);
    const [name = ''] = kept();
    expect(readFileSync(inVault('quarantine', name)).equals(before)).toBe(true);
  });

  it('in an older segment: the later ones are kept', async () => {
    await crashAfter(large);
    const all = begun();
    change(segment(2), 2_000_000);
    const { picture } = await opened();
    expect([...picture.keys()]).toEqual(['a']);
    expect(kept()).toHaveLength(all - 1);
  });

  it('in the last frame: that is as a crash', async () => {
    await crashAfter([...written('f')]);
    change(segment(1), 64 + 8 + 100);
    const { picture, records } = await opened();
    expect([...picture.keys()]).toEqual([]);
    expect(records).toEqual([]);
  });
});

describe('what is no file in the place of a segment', () => {
  it.each([
    ['a FIFO', (path: string) => execFileSync('mkfifo', [path])],
    ['a directory', (path: string) => mkdirSync(path)],
    ['a link', (path: string) => symlinkSync('/etc/passwd', path)],
    ['a file of other bytes', (path: string) => writeFileSync(path, 'SHERIN:J and what is none'.repeat(9))],
  ])('%s holds nobody up, and is moved out of the way', async (_, make) => {
    await crashAfter(written('f'));
    for (const number of [2, 99_999_999]) make(segment(number));
    const now = await openVault(bench.places);
    expect((await pictureOf(now)).has('f')).toBe(true);
    expect(kept()).toHaveLength(2);
    await done(now, written('g'));
    const names = readdirSync(inVault('journal'));
    expect(names.every((name) => /^0000000\d\.journal$/.test(name))).toBe(true);
    await now.service.stop(null);
    expect(readdirSync(inVault('journal'))).toEqual([]);
  });
});

describe('destroy', () => {
  it('overwrites what the journal has of a file, and what is appended meanwhile stays', async () => {
    const now = await openVault(bench.places);
    await done(now, [...written('f'), { do: 'close', label: 'f' }, ...written('other')]);
    const fd = openSync(segment(1), 'r');
    expect(
      readFileSync(segment(1))
        .subarray(64, 5_000)
        .some((byte) => byte !== 0),
    ).toBe(true);
    try {
      await now.service.destroying.destroy(['files/f'], peer, () => undefined);
      const { size, nlink } = fstatSync(fd);
      const bytes = Buffer.alloc(size);
      expect(readSync(fd, bytes, 0, size, 0)).toBe(size);
      expect(nlink).toBe(0);
      expect(bytes.every((byte) => byte === 0)).toBe(true);
    } finally {
      closeSync(fd);
    }
    await done(now, written('later'));
    const seen = await pictureOf(now);
    bench.save('crashed');
    await now.service.stop(null);
    bench.restore('crashed');
    expect((await opened()).picture).toEqual(seen);
    expect(existsSync(segment(1))).toBe(false);
  });
});
