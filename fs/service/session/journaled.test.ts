/** What programs wrote, where the journal or the session ends: recovery, failure, lock. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rootInode } from '../../manifest/records.js';
import { attributesOf } from '../../manifest/tree.js';
import { unlink } from '../../mount/changes/names.js';
import { Journal } from '../../writing/journal/journal.js';
import { withoutDescriptors } from '../../writing/journal/without-descriptors.fixture.js';
import { nobody } from '../../writing/listener.js';
import { peer, ServedVault } from '../service.fixture.js';

const quiet = (): void => undefined;
const mib = 2 ** 20;

let vault: ServedVault;
beforeEach(async () => {
  vault = await ServedVault.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await vault.end();
});

it('makes no versions but those of the journal', async () => {
  const ino = await vault.make('a', 'x');
  const { changes, writing } = await vault.reopen();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  writing.durability.recovering();
  changes.opened(ino);
  await vault.write(ino, 0, 'y');
  for (let i = 0; i < 30; i++) {
    await vi.advanceTimersByTimeAsync(5_000);
    await new Promise((resolve) => setImmediate(resolve));
    await writing.seal();
  }
  vi.useRealTimers();
  expect(writing.working.versionsOf(ino)).toBe(1);
  await writing.durability.recovered();
  expect(writing.working.versionsOf(ino)).toBe(2);
  changes.closed(ino);
});

it('tells once that the journal fails, and once more when it fails again', async () => {
  const ino = await vault.make('a', 'x');
  const { changes, writing } = await vault.reopen();
  const told: string[] = [];
  writing.listener = { ...nobody, failing: (what) => told.push(what) };
  changes.opened(ino);
  const write = async (): Promise<void> => {
    await vault.write(ino, 0, 'y');
    await changes.sync(ino);
  };
  const { append } = Journal.prototype;
  const failing = async (): Promise<void> => {
    Journal.prototype.append = () => Promise.reject(new Error('EIO'));
    await Promise.all([write(), write()]);
    await write();
    Journal.prototype.append = append;
  };
  await failing();
  const times = told.length;
  expect(times).toBe(1);
  await write();
  await failing();
  expect(told).toHaveLength(2);
  changes.closed(ino);
});

it('giving back fails without whoever seals, and tells of it once', async () => {
  const { writing } = await vault.session();
  const told: string[] = [];
  writing.listener = { ...nobody, failing: (what) => told.push(what) };
  writing.relief.ahead.sweep = () => {
    throw new Error('a cube can not be removed');
  };
  for (let i = 0; i < 2; i++) await writing.relief.giveBack();
  expect(told).toEqual(['giving back what nothing needs']);
});

it('a change that no entry of the journal can hold is sealed, and the journal goes on', async () => {
  const ino = await vault.make('a', 'x');
  const session = await vault.reopen();
  const inode = session.tree.inode(ino);
  if (inode === undefined) throw new Error('no such inode');
  const xattrs = Array.from(
    { length: 20 },
    (_, at) => [Buffer.from(`user.${at}`), Buffer.alloc(65_536, at)] as const,
  );
  session.changes.change([
    { type: 'attributes', inode: ino, attributes: { ...attributesOf(inode), xattrs } },
  ]);
  const { abandon } = Journal.prototype;
  let abandoned = 0;
  Journal.prototype.abandon = function (this: Journal): void {
    abandoned += 1;
    abandon.apply(this);
  };
  await session.changes.sync(ino);
  const { size } = session.manifest.head;
  expect(session.manifest.tree.inode(ino)?.xattrs).toHaveLength(20);
  session.changes.opened(ino);
  await vault.write(ino, 0, 'y');
  await session.changes.sync(ino);
  expect(session.manifest.head.size).toBe(size);
  expect(abandoned).toBe(0);
  Journal.prototype.abandon = abandon;
  session.changes.closed(ino);
  await vault.reopen();
  expect(await vault.read(ino)).toBe('y');
});

describe('a lock', () => {
  it('lets go of writers that wait for room, and of what they bring', async () => {
    const ino = await vault.make('a', '');
    const session = await vault.session();
    session.changes.opened(ino);
    let release = quiet;
    const stuck = new Promise<void>((resolve) => {
      release = resolve;
    });
    const commit = session.store.commit.bind(session.store);
    session.store.commit = async (cubes) => {
      await stuck;
      return commit(cubes);
    };
    const outcomes: Promise<string>[] = [];
    for (let at = 0; at < 80; at++) {
      const write = session.changes.write(ino, at * mib, mib, (_from, length, target, to) => {
        target.fill(at, to, to + length);
      });
      outcomes.push(
        write.then(
          () => 'written',
          (error: { code: string }) => error.code,
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    session.writing.close();
    release();
    const told = await Promise.all(outcomes);
    expect(told[0]).toBe('written');
    expect(new Set(told)).toEqual(new Set(['written', 'LOCKED']));
    expect(session.writing.dirtyBytes).toBe(0);
    expect(() => session.changes.change([])).toThrow(expect.objectContaining({ code: 'LOCKED' }));
  });

  it('closes and wipes all, where the journal can not be opened to be removed', async () => {
    const [ino, nameless] = [await vault.make('a', 'x'), await vault.make('b', 'x')];
    const { changes, journal, writing } = await vault.session();
    for (const each of [ino, nameless]) changes.opened(each);
    unlink(changes, { parent: rootInode, name: Buffer.from('b') });
    await vault.write(ino, 0, 'y');
    await changes.sync(ino);
    await vault.write(nameless, 0, 'z');
    expect(journal.segments).toBe(1);
    expect(writing.dirtyBytes).toBeGreaterThan(0);
    await writing.durable(null);
    await withoutDescriptors(() => vault.service.lock(peer));
    expect(writing.dirtyBytes).toBe(0);
    expect(vault.openFiles()).toEqual([]);
    await vault.service.unlock({ slot: 'tpm', pin: null }, peer);
    expect(await vault.read(ino)).toBe('y');
  });
});
