import { noFile, O_RDONLY, O_RDWR, O_WRONLY } from '../constants.js';
import { pathRefusals } from '../path-refusals.js';
import { asRoot, asUser, gives, type Operation, type Rule, refuses, unprovoked } from '../rule.js';
import type { Scene } from '../scene.js';

const page = 'truncate(2)';

interface Way {
  readonly name: string;
  readonly posix: string;
  readonly cut: (t: Scene, length: number | bigint) => Promise<unknown>;
}

const ways: readonly Way[] = [
  { name: 'truncate', posix: 'POSIX truncate()', cut: (t, length) => t.me.call('truncate', 'f', length) },
  {
    name: 'ftruncate',
    posix: 'POSIX ftruncate()',
    cut: async (t, length) => t.me.call('ftruncate', await t.me.open('f', O_RDWR), length),
  },
];

/** Mode of a program after it was cut. */
async function modeAfter(t: Scene, cut: Way['cut']): Promise<number> {
  await t.file('f', 'abc');
  await t.me.call('chmod', 'f', 0o6755);
  await cut(t, 1);
  return t.mode('f');
}

/** What holds for a path and for a descriptor. */
function lengthRules({ name, posix, cut }: Way): Rule[] {
  const content = async (t: Scene, before: string, length: number): Promise<string> => {
    await t.file('f', before);
    await cut(t, length);
    return t.content('f');
  };
  const marks = async (t: Scene, before: string, length: number): Promise<unknown> => {
    await t.file('f', before);
    return t.marked('f', () => cut(t, length));
  };
  return [
    gives(`${name} cuts a file`, posix, 'abc', (t) => content(t, 'abcdef', 3)),
    gives(`${name} cuts a file to nothing`, posix, '', (t) => content(t, 'abcdef', 0)),
    gives(`${name} makes a file longer with zeros`, posix, 'abc\0\0\0', (t) => content(t, 'abc', 6)),
    gives(`${name} to the length it has changes no byte`, posix, 'abc', (t) => content(t, 'abc', 3)),
    gives(`${name} cuts within a page`, posix, 'x'.repeat(5000), (t) => content(t, 'x'.repeat(9000), 5000)),
    gives(`${name}: what was cut off does not come back`, posix, 'ab\0\0', async (t) => {
      await t.file('f', 'abcd');
      await cut(t, 2);
      await cut(t, 4);
      return t.content('f');
    }),
    gives(`${name} marks mtime and ctime when the file gets shorter`, posix, ['ctime', 'mtime'], (t) =>
      marks(t, 'abc', 1),
    ),
    gives(`${name} marks mtime and ctime when the file gets longer`, posix, ['ctime', 'mtime'], (t) =>
      marks(t, 'abc', 10),
    ),
    gives(`${name} makes a hole that uses no blocks`, posix, true, async (t) => {
      await t.file('f');
      await cut(t, 2 ** 30);
      const { size, blocks } = await t.me.lstat('f');
      return size === 2 ** 30 && blocks <= 8;
    }),
    gives(`${name} makes a file longer than 4 GiB`, posix, 2 ** 32 + 5, async (t) => {
      await t.file('f');
      await cut(t, 2 ** 32 + 5);
      return t.size('f');
    }),
    gives(`${name} is seen by a descriptor that is open`, posix, 'ab', async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abcdef');
      await t.me.pread(fd, 6, 0);
      await cut(t, 2);
      return t.me.pread(fd, 6, 0);
    }),
    refuses('EINVAL', `${name}: the length is negative`, page, async (t) => {
      await t.file('f');
      return cut(t, -1);
    }),
    refuses('EFBIG', `${name}: the process may make no file as long`, page, async (t) => {
      await t.file('f');
      await t.me.call('limit', 'RLIMIT_FSIZE', 4096);
      return cut(t, 4097);
    }),
    ...asUser(gives(`${name} clears setuid and setgid`, posix, 0o755, (t) => modeAfter(t, cut))),
    ...asRoot(
      gives(`${name} by root keeps setuid and setgid`, 'capabilities(7)', 0o6755, (t) => modeAfter(t, cut)),
    ),
  ];
}

export const truncate: Operation = {
  name: 'truncate, ftruncate',
  rules: [
    ...pathRefusals({
      source: page,
      follows: true,
      existing: true,
      call: (t, path) => t.me.call('truncate', path, 0),
    }),
    ...ways.flatMap(lengthRules),
    gives('truncate follows a link', 'POSIX truncate()', 'ab', async (t) => {
      await t.file('f', 'abc');
      await t.me.call('symlink', 'f', 'link');
      await t.me.call('truncate', 'link', 2);
      return t.content('f');
    }),
    gives('ftruncate leaves the offset of the file', 'POSIX ftruncate()', 6, async (t) => {
      const fd = await t.opened('f', O_RDWR, 'abcdef');
      await t.me.read(fd, 6);
      await t.me.call('ftruncate', fd, 2);
      return t.me.call('lseek', fd, 0, 1);
    }),
    gives('ftruncate cuts a file whose name is gone', 'POSIX ftruncate()', 2, async (t) => {
      const fd = await t.opened('f', O_RDWR, 'abcdef');
      await t.me.call('unlink', 'f');
      await t.me.call('ftruncate', fd, 2);
      return (await t.me.fstat(fd)).size;
    }),
    gives(
      'ftruncate works through a descriptor after the mode was taken away',
      'POSIX ftruncate()',
      1,
      async (t) => {
        const fd = await t.opened('f', O_WRONLY, 'abc');
        await t.me.call('chmod', 'f', 0);
        await t.me.call('ftruncate', fd, 1);
        return t.size('f');
      },
    ),
    refuses('EISDIR', 'truncate: the path names a directory', page, async (t) => {
      await t.folder('d');
      return t.me.call('truncate', 'd', 0);
    }),
    refuses('EINVAL', 'truncate: the path names a FIFO', page, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      return t.me.call('truncate', 'p', 0);
    }),
    refuses('ETXTBSY', 'truncate: the program runs', page, async (t) => {
      const pid = await t.me.call('start_copy', 'program');
      try {
        return await t.me.call('truncate', 'program', 0);
      } finally {
        await t.me.call('stop', pid);
      }
    }),
    refuses('EBADF', 'ftruncate: the descriptor is not open', page, (t) => t.me.call('ftruncate', noFile, 0)),
    refuses('EINVAL', 'ftruncate: the descriptor is open for reading only', page, async (t) =>
      t.me.call('ftruncate', await t.opened('f', O_RDONLY), 0),
    ),
    refuses('EINVAL', 'ftruncate: the descriptor is one of a directory', page, async (t) =>
      t.me.call('ftruncate', await t.me.open('.', O_RDONLY), 0),
    ),
    ...asUser(
      refuses('EACCES', 'truncate: the file may not be written', page, async (t) => {
        await t.file('f', '', 0o444);
        return t.me.call('truncate', 'f', 0);
      }),
      refuses('EACCES', 'truncate: the file is someone else’s', page, async (t) => {
        await t.file('f', '', 0o644, t.root);
        return t.me.call('truncate', 'f', 0);
      }),
    ),
    ...asRoot(
      gives('truncate by root needs no permission', 'capabilities(7)', 0, async (t) => {
        await t.file('f', 'abc', 0);
        await t.me.call('truncate', 'f', 0);
        return t.size('f');
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EINTR', 'EIO', 'EROFS'),
    { errno: 'EPERM', source: page, why: 'is about seals, and file systems that can’t make a file longer' },
  ],
};
