/** What the journal must keep, and when it must not be believed any more. */
import { describe, expect, it } from 'vitest';
import type { Change } from './change.js';
import type { Contents } from './contents.js';
import type { Entry } from './journal/entries.js';
import type { Journal } from './journal/journal.js';
import { Journaling } from './journaling.js';
import type { WorkingTree } from './working-tree.js';

const unlink = { type: 'unlink', parent: 1, name: Buffer.from('x') } as const;

/** A vault whose disk answers when it is told to: each append takes one segment more. */
class Bench {
  next = 0;
  changes: Change[] = [];
  readonly committed = new Set<number>();
  readonly freed: number[] = [];
  readonly appends: Entry[][] = [];
  readonly answers: { readonly done: (segment: number) => void; readonly fail: (error: Error) => void }[] =
    [];
  readonly journaling: Journaling;
  placed: Promise<void> = Promise.resolve();

  constructor() {
    const journal: Partial<Journal> = {
      current: 1,
      append: (entries) => {
        this.appends.push([...entries]);
        return new Promise((done, fail) => this.answers.push({ done, fail }));
      },
      free: (before) => {
        this.freed.push(before);
      },
    };
    const bench = this;
    const working = {
      get next() {
        return bench.next;
      },
      uncommitted: () => this.changes,
      journaled: () => undefined,
      isOrphan: () => false,
      committedVersions: () => 0,
      isCommitted: (ino: number) => this.committed.has(ino),
      tree: { inode: () => undefined },
    } as unknown as WorkingTree;
    const content = { untoldBytes: 0, takeUntold: () => untold };
    const contents = {
      get: (ino: number) => (ino === 7 ? { ino, since: 0, written: 0n, content } : undefined),
    } as unknown as Contents;
    const store = async () => undefined;
    const placed = () => this.placed;
    this.journaling = new Journaling({ journal: journal as Journal, working, contents, store, placed });
  }

  change(): void {
    this.changes.push({ type: 'mutation', number: this.next++, mutation: unlink, unnamed: 0 });
  }

  /** Everything that is waiting has run as far as it can. */
  static turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}

const marks = { cut: 0, holes: [], slots: new Set<number>() };
const untold = { length: 0, slots: new Map(), vertices: new Map(), marks, release: () => undefined };

describe('journaling', () => {
  it('appends nothing behind an append that failed: nobody would find it', async () => {
    const bench = new Bench();
    bench.change();
    const first = bench.journaling.sync(1);
    await Bench.turn();
    bench.change();
    const second = bench.journaling.sync(1);
    bench.answers[0]?.fail(new Error('EIO'));
    await expect(first).rejects.toThrow('EIO');
    await expect(Promise.race([second, Bench.turn()])).rejects.toThrow();
    expect(bench.appends).toHaveLength(1);
  });

  it('names cubes only once they stay where they are', async () => {
    const bench = new Bench();
    let place = (): void => undefined;
    bench.placed = new Promise((resolve) => {
      place = resolve;
    });
    const sync = bench.journaling.sync(7);
    await Bench.turn();
    expect(bench.appends).toHaveLength(0);
    place();
    await Bench.turn();
    expect(bench.appends).toHaveLength(1);
    bench.answers[0]?.done(1);
    await sync;
  });

  it('keeps the segments of an append under way while others are committed', async () => {
    const bench = new Bench();
    bench.change();
    const sync = bench.journaling.sync(1);
    await Bench.turn();
    bench.journaling.committed(0);
    expect(bench.freed.every((before) => before <= 1)).toBe(true);
    bench.answers[0]?.done(1);
    await sync;
    bench.journaling.committed(0);
    expect(bench.freed.every((before) => before <= 1)).toBe(true);
    bench.changes = [];
    bench.journaling.committed(1);
    expect(bench.freed.at(-1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('keeps the content of a file that has lost its name in memory alone', async () => {
    const bench = new Bench();
    bench.change();
    bench.committed.add(7);
    const sync = bench.journaling.sync(7);
    await Bench.turn();
    bench.answers[0]?.done(1);
    await sync;
    bench.journaling.committed(1);
    expect(bench.freed.at(-1)).toBe(1);
    bench.committed.delete(7);
    bench.journaling.committed(2);
    expect(bench.freed.at(-1)).toBe(Number.POSITIVE_INFINITY);
  });
});
