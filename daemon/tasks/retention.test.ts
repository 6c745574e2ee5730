import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idOf, QueueFixture, sample } from './queue.fixture.js';
import type { Task } from './task.js';

const day = 86_400_000;
let fixture: QueueFixture;
beforeEach(() => {
  fixture = new QueueFixture({ retention: { age: 30 * day, perOwner: 5 } });
});
afterEach(() => fixture.end());

function done(owner = 1000): Task {
  return fixture.answered({ owner });
}
const known = (owner: number) => fixture.queue.list({ owner, limit: 100 }).map(({ seq }) => seq);

describe('a task that has ended', () => {
  it('is forgotten after its time, and no other is', () => {
    const open = fixture.queue.submit(sample());
    done();
    fixture.now += 20 * day;
    const later = done();
    fixture.now += 10 * day;
    expect(fixture.queue.forget()).toBe(0);
    fixture.now += 1;
    expect(fixture.queue.forget()).toBe(1);
    expect(known(1000)).toEqual([later.seq, open.seq]);
    fixture.now += 300 * day;
    expect(fixture.queue.forget()).toBe(1);
    expect(known(1000)).toEqual([open.seq]);
  });

  it('goes when its owner has too many, the oldest first, whatever others have', () => {
    done(2000);
    const tasks = Array.from({ length: 9 }, () => {
      fixture.now += 1;
      return done();
    });
    expect(known(1000)).toEqual(
      tasks
        .slice(4)
        .map(({ seq }) => seq)
        .reverse(),
    );
    expect(known(2000)).toEqual([1]);
    // A number is never given again.
    fixture.now += 31 * day;
    fixture.queue.forget();
    fixture.reopen();
    expect(done().seq).toBe(11);
  });

  it('goes with its whole tree, once the topmost has ended', () => {
    fixture.queue.submit(sample());
    const top = fixture.queue.begin('coding', 'bot');
    if (top === null) throw new Error('nothing to begin');
    const sub = { request: idOf('sub'), domain: 'physics', department: 'x', class: 'y' };
    fixture.queue.require(top, Array(6).fill(sub));
    for (let at = 0; at < 6; at++) {
      const part = fixture.queue.begin('physics', 'bot');
      if (part !== null) fixture.queue.finish(part, idOf(at));
    }
    fixture.now += 100 * day;
    fixture.queue.forget();
    expect(known(1000)).toHaveLength(7);
    const again = fixture.queue.begin('coding', 'bot');
    if (again !== null) fixture.queue.finish(again, idOf('whole'));
    expect(known(1000)).toHaveLength(7);
    // Eight are more than five: the tree goes as a whole.
    const next = done();
    expect(known(1000)).toEqual([next.seq]);
    fixture.now += 31 * day;
    fixture.queue.forget();
    expect(fixture.database.all('SELECT * FROM tallies')).toEqual([]);
  });

  it('is there for whoever ended it, however many have ended below open ones', () => {
    const parts = Array.from({ length: 7 }, (_, at) => ({
      ...{ domain: `d${at}`, department: 'x', class: 'y' },
      ...(at === 0 ? {} : { result: idOf(at) }),
    }));
    fixture.queue.submitMulti({ owner: 1000, request: idOf('many'), parts });
    const answered = done();
    expect(fixture.queue.get(answered.id).state).toBe('done');
    fixture.queue.submit(sample());
    const begun = fixture.queue.begin('coding', 'bot');
    if (begun === null) throw new Error('nothing to begin');
    const finished = fixture.queue.finish(begun, idOf('late'));
    expect(fixture.queue.get(finished.id).state).toBe('done');
    // Those before it went.
    expect(known(1000)).not.toContain(answered.seq);
  });
});

it('a year of tasks leaves a database that does not grow', () => {
  const pages = () => fixture.database.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0;
  const month = () =>
    fixture.database.transaction(() => {
      for (let at = 0; at < 150; at++) {
        fixture.now += day / 5;
        done(1000 + (at % 10));
      }
      fixture.queue.forget();
    });
  month();
  const before = pages();
  for (let at = 0; at < 11; at++) month();
  expect(pages()).toBeLessThanOrEqual(before + 2);
});
