import { AT_EMPTY_PATH, AT_FDCWD, noFile, O_PATH, O_RDONLY, O_RDWR, type } from '../constants.js';
import { atRefusals, pathRefusals } from '../path-refusals.js';
import { asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';

const page = 'stat(2)';
const posix = 'POSIX stat()';

export const stat: Operation = {
  name: 'stat, lstat, fstat',
  rules: [
    ...pathRefusals({
      source: page,
      label: 'stat',
      follows: true,
      existing: true,
      call: (t, path) => t.me.stat(path),
    }),
    ...pathRefusals({ source: page, label: 'lstat', existing: true, call: (t, path) => t.me.lstat(path) }),
    ...atRefusals(page, 'fstatat', (process, fd, path) => process.call('statx', fd, path, 0)),
    gives('stat follows a link', posix, [type.file, 3], async (t) => {
      await t.file('f', 'abc');
      await t.me.call('symlink', 'f', 'l');
      const { type: kind, size } = await t.me.stat('l');
      return [kind, size];
    }),
    gives('lstat does not', 'POSIX lstat()', [type.link, 1], async (t) => {
      await t.file('f', 'abc');
      await t.me.call('symlink', 'f', 'l');
      const { type: kind, size } = await t.me.lstat('l');
      return [kind, size];
    }),
    gives(
      'lstat of a link with a slash after it follows it',
      'path_resolution(7)',
      type.directory,
      async (t) => {
        await t.folder('d');
        await t.me.call('symlink', 'd', 'l');
        return (await t.me.lstat('l/')).type;
      },
    ),
    gives('fstat gives what stat gives', 'POSIX fstat()', true, async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abc');
      return JSON.stringify(await t.me.fstat(fd)) === JSON.stringify(await t.me.stat('f'));
    }),
    gives(
      'fstat of a descriptor of O_PATH',
      'open(2)',
      3,
      async (t) => (await t.me.fstat(await t.opened('f', O_PATH, 'abc'))).size,
    ),
    gives('fstatat with AT_EMPTY_PATH is about the descriptor', page, 3, async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abc');
      return (await t.me.call<{ size: number }>('statx', fd, '', AT_EMPTY_PATH)).size;
    }),
    gives('the size is that of what was written, before the file is closed', posix, 6, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.write(fd, 'abcdef');
      return t.size('f');
    }),
    gives('another process sees the size at once', posix, 6, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.peer.stat('f');
      await t.me.write(fd, 'abcdef');
      return (await t.peer.stat('f')).size;
    }),
    gives('blocks of 512 bytes cover what was written', posix, true, async (t) => {
      const fd = await t.opened('f', O_RDWR, 'x'.repeat(10_000));
      // Space is only certain once it is on the disk.
      await t.me.call('fsync', fd);
      const { blocks } = await t.me.stat('f');
      return blocks * 512 >= 10_000 && blocks * 512 <= 20_480;
    }),
    gives('a block for transfer is a positive number', posix, true, async (t) => {
      await t.file('f');
      return (await t.me.stat('f')).blksize > 0;
    }),
    gives('every file has an inode number of its own', posix, 50, async (t) => {
      const numbers = new Set<string>();
      for (let at = 0; at < 50; at++) {
        await t.file(`f${at}`);
        numbers.add((await t.me.stat(`f${at}`)).ino);
      }
      return numbers.size;
    }),
    gives('the inode number stays when the file changes', posix, true, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      const { ino } = await t.me.fstat(fd);
      await t.me.write(fd, 'abc');
      await t.me.call('chmod', 'f', 0o600);
      await t.me.call('fsync', fd);
      return (await t.me.stat('f')).ino === ino;
    }),
    gives('files of one directory are on one device', posix, true, async (t) => {
      await t.file('f');
      await t.folder('d');
      return String((await t.me.stat('f')).dev) === String((await t.me.stat('d')).dev);
    }),
    gives('a file is no device', posix, [0, 0], async (t) => {
      await t.file('f');
      return (await t.me.stat('f')).rdev;
    }),
    gives('marks nothing', posix, [], async (t) => {
      await t.file('f');
      return t.marked('f', () => t.me.stat('f'));
    }),
    gives('. and the path of the directory are one', posix, true, async (t) => t.same('.', t.path)),
    refuses('EBADF', 'fstat: the descriptor is not open', page, (t) => t.me.fstat(noFile)),
    refuses('EINVAL', 'fstatat: a flag that there is not', page, async (t) => {
      await t.file('f');
      return t.me.call('statx', AT_FDCWD, 'f', 1);
    }),
    ...asUser(
      gives('needs no permission on the file', page, 3, async (t) => {
        await t.file('f', 'abc', 0, t.root);
        return (await t.me.stat('f')).size;
      }),
      gives('needs no permission to read the directory', page, 3, async (t) => {
        await t.folder('d');
        await t.file('d/f', 'abc');
        await t.me.call('chmod', 'd', 0o111);
        return (await t.me.stat('d/f')).size;
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'ENOMEM'),
    { errno: 'EOVERFLOW', source: page, why: 'only a program of 32 bits meets it' },
  ],
};
