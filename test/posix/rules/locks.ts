import {
  F_DUPFD,
  F_GETLK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_RDLCK,
  F_SETLK,
  F_SETLKW,
  F_UNLCK,
  F_WRLCK,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  noFile,
  nowhere,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from '../constants.js';
import { type Process, Refusal } from '../process.js';
import { gives, type Operation, type Rule, refuses, unprovoked } from '../rule.js';
import type { Scene } from '../scene.js';

const flockPage = 'flock(2)';
const page = 'fcntl(2)';
const posix = 'POSIX fcntl()';

/** The same file opened by two processes. */
async function shared(t: Scene, flags = O_RDWR): Promise<[number, number]> {
  return [await t.opened('f', flags, 'abcdefghij'), await t.peer.open('f', flags)];
}

async function errnoOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof Refusal) return error.errno;
    throw error;
  }
}

/** One process holds a lock, another asks for one without waiting. */
function flockPair(held: number, asked: number, expected: string): Rule {
  const name = (kind: number): string => (kind === LOCK_EX ? 'an exclusive' : 'a shared');
  return gives(
    `flock: ${name(asked)} lock beside ${name(held)} one: ${expected}`,
    flockPage,
    expected,
    async (t) => {
      const [one, two] = await shared(t);
      await t.me.call('flock', one, held);
      return errnoOf(t.peer.call('flock', two, asked | LOCK_NB));
    },
  );
}

export const flock: Operation = {
  name: 'flock',
  rules: [
    flockPair(LOCK_SH, LOCK_SH, 'done'),
    flockPair(LOCK_SH, LOCK_EX, 'EAGAIN'),
    flockPair(LOCK_EX, LOCK_SH, 'EAGAIN'),
    flockPair(LOCK_EX, LOCK_EX, 'EAGAIN'),
    refuses(
      'EAGAIN',
      'LOCK_NB and another descriptor of the process holds the lock',
      flockPage,
      async (t) => {
        await t.me.call('flock', await t.opened('f', O_RDWR), LOCK_EX);
        return t.me.call('flock', await t.me.open('f', O_RDWR), LOCK_EX | LOCK_NB);
      },
    ),
    gives('LOCK_UN frees the lock', flockPage, 'done', async (t) => {
      const [one, two] = await shared(t);
      await t.me.call('flock', one, LOCK_EX);
      await t.me.call('flock', one, LOCK_UN);
      return errnoOf(t.peer.call('flock', two, LOCK_EX | LOCK_NB));
    }),
    gives('close frees the lock', flockPage, 'done', async (t) => {
      const [one, two] = await shared(t);
      await t.me.call('flock', one, LOCK_EX);
      await t.me.close(one);
      return errnoOf(t.peer.call('flock', two, LOCK_EX | LOCK_NB));
    }),
    gives('close of a duplicate keeps the lock', flockPage, 'EAGAIN', async (t) => {
      const [one, two] = await shared(t);
      await t.me.call('flock', one, LOCK_EX);
      await t.me.close(await t.me.call('dup', one));
      return errnoOf(t.peer.call('flock', two, LOCK_EX | LOCK_NB));
    }),
    gives('a lock is turned into the other kind', flockPage, 'done', async (t) => {
      const [one, two] = await shared(t);
      await t.me.call('flock', one, LOCK_EX);
      await t.me.call('flock', one, LOCK_SH);
      return errnoOf(t.peer.call('flock', two, LOCK_SH | LOCK_NB));
    }),
    gives('one who waits gets the lock once it is free', flockPage, 0, async (t) => {
      const [one, two] = await shared(t);
      await t.me.call('flock', one, LOCK_EX);
      const waiting = t.peer.call('flock', two, LOCK_EX);
      await t.me.call('flock', one, LOCK_UN);
      return waiting;
    }),
    gives('needs no descriptor for writing', flockPage, 0, async (t) =>
      t.me.call('flock', await t.opened('f', O_RDONLY), LOCK_EX),
    ),
    gives('of a directory', flockPage, 'EAGAIN', async (t) => {
      await t.me.call('flock', await t.me.open('.', O_RDONLY), LOCK_EX);
      return errnoOf(t.peer.call('flock', await t.peer.open('.', O_RDONLY), LOCK_EX | LOCK_NB));
    }),
    gives('of both names of a file is one lock', flockPage, 'EAGAIN', async (t) => {
      await t.file('f');
      await t.me.call('link', 'f', 'g');
      await t.me.call('flock', await t.me.open('f', O_RDWR), LOCK_EX);
      return errnoOf(t.peer.call('flock', await t.peer.open('g', O_RDWR), LOCK_EX | LOCK_NB));
    }),
    refuses('EBADF', 'the descriptor is not open', flockPage, (t) => t.me.call('flock', noFile, LOCK_EX)),
    refuses('EBADF', 'the descriptor is one of O_PATH', 'open(2)', async (t) =>
      t.me.call('flock', await t.opened('f', O_PATH), LOCK_EX),
    ),
    refuses('EINVAL', 'an operation that there is not', flockPage, async (t) =>
      t.me.call('flock', await t.opened('f', O_RDWR), 64),
    ),
  ],
  unprovoked: [
    ...unprovoked(flockPage, 'EINTR'),
    { errno: 'ENOLCK', source: flockPage, why: 'would take the memory of the whole machine' },
  ],
};

function lock(process: Process, fd: number, command: number, kind: number, start: number, length: number) {
  return process.call<number[]>('lock', fd, command, kind, start, length);
}

interface Held {
  readonly kind: number;
  readonly start: number;
  readonly length: number;
}
/** One process holds a lock on a range, another asks for one without waiting. */
function rangePair(name: string, held: Held, asked: Held, expected: string): Rule {
  return gives(`${name}: ${expected}`, posix, expected, async (t) => {
    const [one, two] = await shared(t);
    await lock(t.me, one, F_SETLK, held.kind, held.start, held.length);
    return errnoOf(lock(t.peer, two, F_SETLK, asked.kind, asked.start, asked.length));
  });
}
const write = (start: number, length: number): Held => ({ kind: F_WRLCK, start, length });
const read = (start: number, length: number): Held => ({ kind: F_RDLCK, start, length });

export const fcntl: Operation = {
  name: 'fcntl locks',
  rules: [
    rangePair('a lock for writing on the same range', write(0, 5), write(0, 5), 'EAGAIN'),
    rangePair('a lock for reading beside one for writing', write(0, 5), read(4, 1), 'EAGAIN'),
    rangePair('a lock for writing beside one for reading', read(0, 5), write(4, 1), 'EAGAIN'),
    rangePair('two locks for reading', read(0, 5), read(0, 5), 'done'),
    rangePair('ranges that touch', write(0, 5), write(5, 5), 'done'),
    rangePair('a length of 0 means up to the end, however long', write(5, 0), write(2 ** 40, 1), 'EAGAIN'),
    rangePair('before a range up to the end', write(5, 0), write(0, 5), 'done'),
    rangePair('a negative length means before the start', write(5, -5), write(0, 1), 'EAGAIN'),
    rangePair('behind the end of the file', write(1000, 10), write(1005, 1), 'EAGAIN'),
    gives('F_GETLK tells who holds a lock, and where', posix, [true, F_WRLCK, 2, 3], async (t) => {
      const [one, two] = await shared(t);
      await lock(t.me, one, F_SETLK, F_WRLCK, 2, 3);
      const [kind, start, length, pid] = await lock(t.peer, two, F_GETLK, F_WRLCK, 0, 0);
      return [pid === (await t.me.call('pid')), kind, start, length];
    }),
    gives('F_GETLK tells that nothing is in the way', posix, F_UNLCK, async (t) => {
      const [, two] = await shared(t);
      return (await lock(t.peer, two, F_GETLK, F_WRLCK, 0, 0))[0];
    }),
    gives('a process is not in its own way', posix, F_UNLCK, async (t) => {
      const [one] = await shared(t);
      await lock(t.me, one, F_SETLK, F_WRLCK, 0, 5);
      return (await lock(t.me, one, F_GETLK, F_WRLCK, 0, 5))[0];
    }),
    gives('unlocking the middle leaves both sides', posix, ['EAGAIN', 'done', 'EAGAIN'], async (t) => {
      const [one, two] = await shared(t);
      await lock(t.me, one, F_SETLK, F_WRLCK, 0, 9);
      await lock(t.me, one, F_SETLK, F_UNLCK, 3, 3);
      const found = [];
      for (const start of [0, 3, 6]) found.push(await errnoOf(lock(t.peer, two, F_SETLK, F_WRLCK, start, 3)));
      return found;
    }),
    gives('close of any descriptor of the file frees the locks of the process', posix, 'done', async (t) => {
      const [one, two] = await shared(t);
      await lock(t.me, one, F_SETLK, F_WRLCK, 0, 5);
      await t.me.close(await t.me.open('f', O_RDONLY));
      return errnoOf(lock(t.peer, two, F_SETLK, F_WRLCK, 0, 5));
    }),
    gives('one who waits gets the lock once it is free', posix, F_WRLCK, async (t) => {
      const [one, two] = await shared(t);
      await lock(t.me, one, F_SETLK, F_WRLCK, 0, 5);
      const waiting = lock(t.peer, two, F_SETLKW, F_WRLCK, 0, 5);
      await lock(t.me, one, F_SETLK, F_UNLCK, 0, 5);
      return (await waiting)[0];
    }),
    gives(
      'of two who wait for each other one is refused with EDEADLK',
      posix,
      ['EDEADLK', 'done'],
      async (t) => {
        const [one, two] = await shared(t);
        await lock(t.me, one, F_SETLK, F_WRLCK, 0, 1);
        await lock(t.peer, two, F_SETLK, F_WRLCK, 1, 1);
        // Who is refused frees what it holds, so that the other one gets on.
        const wait = async (process: Process, fd: number, wanted: number, own: number): Promise<string> => {
          const errno = await errnoOf(lock(process, fd, F_SETLKW, F_WRLCK, wanted, 1));
          if (errno !== 'done') await lock(process, fd, F_SETLK, F_UNLCK, own, 1);
          return errno;
        };
        return (await Promise.all([wait(t.me, one, 1, 0), wait(t.peer, two, 0, 1)])).sort();
      },
    ),
    gives('locks of both names of a file are those of one file', posix, 'EAGAIN', async (t) => {
      await t.file('f');
      await t.me.call('link', 'f', 'g');
      await lock(t.me, await t.me.open('f', O_RDWR), F_SETLK, F_WRLCK, 0, 1);
      return errnoOf(lock(t.peer, await t.peer.open('g', O_RDWR), F_SETLK, F_WRLCK, 0, 1));
    }),
    gives(
      'a lock of an open file description is in the way of one of the same process',
      page,
      'EAGAIN',
      async (t) => {
        const fd = await t.opened('f', O_RDWR);
        const second = await t.me.open('f', O_RDWR);
        await lock(t.me, fd, F_OFD_SETLK, F_WRLCK, 0, 5);
        return errnoOf(lock(t.me, second, F_OFD_SETLK, F_WRLCK, 0, 5));
      },
    ),
    gives('a lock of an open file description names no process', page, -1, async (t) => {
      const [one, two] = await shared(t);
      await lock(t.me, one, F_OFD_SETLK, F_WRLCK, 0, 5);
      return (await lock(t.peer, two, F_OFD_GETLK, F_WRLCK, 0, 5))[3];
    }),
    gives('locks do not stop a write', page, 3, async (t) => {
      const [one, two] = await shared(t);
      await lock(t.me, one, F_SETLK, F_WRLCK, 0, 0);
      return t.peer.write(two, 'abc');
    }),
    refuses('EBADF', 'the descriptor is not open', page, (t) => lock(t.me, noFile, F_SETLK, F_WRLCK, 0, 1)),
    refuses('EBADF', 'a lock for writing by a descriptor for reading', page, async (t) =>
      lock(t.me, await t.opened('f', O_RDONLY), F_SETLK, F_WRLCK, 0, 1),
    ),
    refuses('EBADF', 'a lock for reading by a descriptor for writing', page, async (t) =>
      lock(t.me, await t.opened('f', O_WRONLY), F_SETLK, F_RDLCK, 0, 1),
    ),
    refuses('EINVAL', 'a kind of lock that there is not', page, async (t) =>
      lock(t.me, await t.opened('f', O_RDWR), F_SETLK, 9, 0, 1),
    ),
    refuses('EINVAL', 'the start is negative', posix, async (t) =>
      lock(t.me, await t.opened('f', O_RDWR), F_SETLK, F_WRLCK, -1, 1),
    ),
    refuses('EINVAL', 'a lock of an open file description with a process', page, async (t) =>
      t.me.call('lock', await t.opened('f', O_RDWR), F_OFD_SETLK, F_WRLCK, 0, 1, 0, 1),
    ),
    refuses('EFAULT', 'the lock lies outside of the memory of the process', page, async (t) =>
      t.me.call('fcntl', await t.opened('f', O_RDWR), F_GETLK, nowhere),
    ),
    refuses('EINVAL', 'a command that there is not', page, async (t) =>
      t.me.call('fcntl', await t.opened('f', O_RDWR), 9999, 0),
    ),
    refuses('EINVAL', 'F_DUPFD and the number is negative', page, async (t) =>
      t.me.call('fcntl', await t.opened('f', O_RDWR), F_DUPFD, -1),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EINTR'),
    { errno: 'ENOLCK', source: page, why: 'would take the memory of the whole machine' },
    { errno: 'EMFILE', source: page, why: 'is asserted of open' },
    { errno: 'EBUSY', source: page, why: 'is about pipes and seals' },
    { errno: 'EPERM', source: page, why: 'is about pipes and seals' },
    { errno: 'ENOTDIR', source: page, why: 'is about F_NOTIFY, which the kernel does by itself' },
  ],
};
