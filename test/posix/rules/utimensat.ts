import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  noFile,
  nowhere,
  O_RDONLY,
  UTIME_NOW,
  UTIME_OMIT,
} from '../constants.js';
import { atRefusals, pathRefusals } from '../path-refusals.js';
import type { Time } from '../process.js';
import { asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';
import type { Scene } from '../scene.js';

const page = 'utimensat(2)';
const posix = 'POSIX utimensat()';
const now: Time = [0, UTIME_NOW];
const omit: Time = [0, UTIME_OMIT];

function set(t: Scene, name: string, atime: Time, mtime: Time, flags = 0): Promise<number> {
  return t.me.call('utimensat', AT_FDCWD, name, [atime, mtime], flags);
}

/** What a file shows after its times were set. */
async function shown(t: Scene, atime: Time, mtime: Time): Promise<readonly [Time, Time]> {
  await t.file('f');
  await set(t, 'f', atime, mtime);
  const stat = await t.me.lstat('f');
  return [stat.atime, stat.mtime];
}

/** Times that a program may have. */
const times: readonly (readonly [string, Time])[] = [
  ['seconds', [1_234_567_890, 0]],
  ['milliseconds', [1_234_567_890, 123_000_000]],
  ['microseconds', [1_234_567_890, 123_456_000]],
  ['nanoseconds', [1_234_567_890, 123_456_789]],
  ['the last nanosecond of a second', [1_234_567_890, 999_999_999]],
  ['the first second of 1970', [0, 0]],
  ['the second before 1970', [-1, 0]],
  ['a nanosecond before 1970', [-1, 999_999_999]],
  ['the year 1903', [-2_114_380_800, 500]],
  ['the last second of 32 bits', [2_147_483_647, 1]],
  ['the first second beyond 32 bits', [2_147_483_648, 1]],
  ['the year 2262', [9_223_372_036, 1]],
];

export const utimensat: Operation = {
  name: 'utimensat, futimens',
  rules: [
    ...pathRefusals({
      source: page,
      follows: true,
      existing: true,
      call: (t, path) => t.me.call('utimensat', AT_FDCWD, path, null, 0),
    }),
    ...atRefusals(page, 'from a descriptor', (process, fd, path) =>
      process.call('utimensat', fd, path, null, 0),
    ),
    ...times.map(([name, time]) => gives(`sets ${name}`, posix, [time, time], (t) => shown(t, time, time))),
    gives(
      'a time that the file system has no number for becomes the nearest',
      'the mount',
      true,
      async (t) => {
        const [[first], [last]] = await shown(t, [-11_676_096_000, 0], [13_569_465_600, 0]);
        return Number(first) <= -2_147_483_648 && Number(last) >= 9_223_372_036;
      },
    ),
    gives(
      'sets both times apart',
      posix,
      [
        [5, 6],
        [7, 8],
      ],
      (t) => shown(t, [5, 6], [7, 8]),
    ),
    gives(
      'UTIME_OMIT keeps the access time',
      posix,
      [
        [1, 2],
        [7, 8],
      ],
      async (t) => {
        await shown(t, [1, 2], [3, 4]);
        await set(t, 'f', omit, [7, 8]);
        const { atime, mtime } = await t.me.lstat('f');
        return [atime, mtime];
      },
    ),
    gives(
      'UTIME_OMIT keeps the time of change',
      posix,
      [
        [7, 8],
        [3, 4],
      ],
      async (t) => {
        await shown(t, [1, 2], [3, 4]);
        await set(t, 'f', [7, 8], omit);
        const { atime, mtime } = await t.me.lstat('f');
        return [atime, mtime];
      },
    ),
    gives('UTIME_OMIT for both changes nothing', posix, [], async (t) => {
      await t.file('f');
      return t.marked('f', () => set(t, 'f', omit, omit));
    }),
    ...(
      [
        ['UTIME_NOW', [now, now]],
        ['no times', null],
      ] as const
    ).map(([name, value]) =>
      gives(`${name} sets both to now`, posix, true, async (t) => {
        await shown(t, [1, 2], [3, 4]);
        const [start = 0] = await t.me.call<number[]>('now');
        await t.me.call('utimensat', AT_FDCWD, 'f', value, 0);
        const { atime, mtime } = await t.me.lstat('f');
        return Number(atime[0]) >= start - 1 && Number(mtime[0]) >= start - 1;
      }),
    ),
    gives('UTIME_NOW for one keeps the value of the other', posix, [7, 8], async (t) => {
      await shown(t, [1, 2], [3, 4]);
      await set(t, 'f', now, [7, 8]);
      return (await t.me.lstat('f')).mtime;
    }),
    gives('marks ctime', posix, true, async (t) => {
      await t.file('f');
      return (await t.marked('f', () => set(t, 'f', [1, 2], [3, 4]))).includes('ctime');
    }),
    gives('of a directory', posix, [3, 4], async (t) => {
      await t.folder('d');
      await set(t, 'd', [1, 2], [3, 4]);
      return (await t.me.lstat('d')).mtime;
    }),
    gives('of a FIFO', posix, [3, 4], async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      await set(t, 'p', [1, 2], [3, 4]);
      return (await t.me.lstat('p')).mtime;
    }),
    gives('follows a link', posix, [3, 4], async (t) => {
      await t.file('f');
      await t.me.call('symlink', 'f', 'l');
      await set(t, 'l', [1, 2], [3, 4]);
      return (await t.me.lstat('f')).mtime;
    }),
    gives('with AT_SYMLINK_NOFOLLOW sets the times of the link', posix, [3, 4], async (t) => {
      await t.me.call('symlink', 'missing', 'l');
      await set(t, 'l', [1, 2], [3, 4], AT_SYMLINK_NOFOLLOW);
      return (await t.me.lstat('l')).mtime;
    }),
    gives('futimens sets the times of the descriptor', 'POSIX futimens()', [3, 4], async (t) => {
      const fd = await t.opened('f', O_RDONLY);
      await t.me.call('futimens', fd, [
        [1, 2],
        [3, 4],
      ]);
      return (await t.me.fstat(fd)).mtime;
    }),
    gives('a time that was set outlives the close of a file that was written', posix, [3, 4], async (t) => {
      const fd = await t.opened('f', 1);
      await t.me.write(fd, 'abc');
      await t.me.call('futimens', fd, [
        [1, 2],
        [3, 4],
      ]);
      await t.me.close(fd);
      return (await t.me.lstat('f')).mtime;
    }),
    gives('is overwritten by a write that comes after', posix, true, async (t) => {
      const fd = await t.opened('f', 1);
      await set(t, 'f', [1, 2], [3, 4]);
      await t.me.write(fd, 'abc');
      return Number((await t.me.lstat('f')).mtime[0]) > 1_000_000_000;
    }),
    refuses('EINVAL', 'the nanoseconds are 1,000,000,000', page, async (t) => {
      await t.file('f');
      return set(t, 'f', [1, 1_000_000_000], [1, 0]);
    }),
    refuses('EINVAL', 'the nanoseconds are negative', page, async (t) => {
      await t.file('f');
      return set(t, 'f', [1, 0], [1, -1]);
    }),
    refuses('EINVAL', 'a flag that there is not', page, async (t) => {
      await t.file('f');
      return set(t, 'f', [1, 0], [1, 0], 1);
    }),
    refuses('EFAULT', 'the times lie outside of the memory of the process', page, async (t) => {
      await t.file('f');
      return t.me.call('utimensat', AT_FDCWD, 'f', nowhere, 0);
    }),
    refuses('EBADF', 'futimens: the descriptor is not open', page, (t) =>
      t.me.call('futimens', noFile, null),
    ),
    ...asUser(
      refuses('EPERM', 'times for a file of someone else that one may write', page, async (t) => {
        await t.file('f', '', 0o666, t.root);
        return set(t, 'f', [1, 2], [3, 4]);
      }),
      refuses('EPERM', 'now for one time of a file of someone else', page, async (t) => {
        await t.file('f', '', 0o666, t.root);
        return set(t, 'f', now, omit);
      }),
      gives('now for both of a file of someone else that one may write', page, 0, async (t) => {
        await t.file('f', '', 0o666, t.root);
        return set(t, 'f', now, now);
      }),
      refuses('EACCES', 'now for both of a file of someone else that one may not write', page, async (t) => {
        await t.file('f', '', 0o644, t.root);
        return set(t, 'f', now, now);
      }),
      refuses('EACCES', 'no times for a file of someone else that one may not write', page, async (t) => {
        await t.file('f', '', 0o644, t.root);
        return t.me.call('utimensat', AT_FDCWD, 'f', null, 0);
      }),
      gives('times for a file of one’s own without permissions', page, [3, 4], async (t) => {
        await t.file('f', '', 0);
        await set(t, 'f', [1, 2], [3, 4]);
        return (await t.me.lstat('f')).mtime;
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EROFS'),
    { errno: 'ESRCH', source: page, why: 'Linux answers EACCES, which is asserted' },
    { errno: 'EPERM', source: page, why: 'for attributes of chattr(1), which the mount has not' },
  ],
};
