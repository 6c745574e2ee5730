import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_FOLLOW, O_RDONLY, O_RDWR } from '../constants.js';
import { atRefusals, pathRefusals } from '../path-refusals.js';
import { asRoot, asUser, contract, gives, type Operation, refuses, unprovoked } from '../rule.js';

const page = 'link(2)';
const posix = 'POSIX link()';

export const link: Operation = {
  name: 'link',
  rules: [
    ...pathRefusals({
      source: page,
      label: 'old',
      existing: true,
      call: (t, path) => t.me.call('link', path, 'to'),
    }),
    ...pathRefusals({
      source: page,
      label: 'new',
      call: async (t, path) => {
        await t.file('from');
        return t.me.call('link', 'from', path);
      },
    }),
    ...atRefusals(page, 'linkat', (process, fd, path) => process.call('linkat', fd, path, fd, 'to', 0)),
    gives('both names lead to one inode', posix, true, async (t) => {
      await t.file('f');
      await t.me.call('link', 'f', 'g');
      return t.same('f', 'g');
    }),
    gives('counts the links, seen by both names', posix, [2, 2], async (t) => {
      await t.file('f');
      await t.me.call('link', 'f', 'g');
      return [await t.nlink('f'), await t.nlink('g')];
    }),
    gives('counts the links of a descriptor that is open', posix, 2, async (t) => {
      const fd = await t.opened('f', O_RDONLY);
      await t.me.call('link', 'f', 'g');
      return (await t.me.fstat(fd)).nlink;
    }),
    gives('what is written by one name is read by the other', posix, 'abc', async (t) => {
      await t.file('f');
      await t.me.call('link', 'f', 'g');
      await t.me.write(await t.me.open('f', O_RDWR), 'abc');
      return t.content('g');
    }),
    gives('what is written by one name is read by a descriptor of the other', posix, 'new', async (t) => {
      await t.file('f', 'old');
      await t.me.call('link', 'f', 'g');
      const fd = await t.me.open('g', O_RDONLY);
      await t.me.pread(fd, 10, 0);
      await t.me.write(await t.me.open('f', O_RDWR), 'new');
      return t.me.pread(fd, 10, 0);
    }),
    gives('a size changed by one name is shown by the other', posix, 100, async (t) => {
      await t.file('f', 'abc');
      await t.me.call('link', 'f', 'g');
      await t.me.lstat('g');
      await t.me.call('truncate', 'f', 100);
      return t.size('g');
    }),
    gives('a mode changed by one name is shown by the other', posix, 0o600, async (t) => {
      await t.file('f');
      await t.me.call('link', 'f', 'g');
      await t.me.lstat('g');
      await t.me.call('chmod', 'f', 0o600);
      return t.mode('g');
    }),
    gives('into another directory', posix, true, async (t) => {
      await t.folder('d');
      await t.file('f');
      await t.me.call('link', 'f', 'd/g');
      return t.same('f', 'd/g');
    }),
    gives('a hundred links of one file', posix, 101, async (t) => {
      await t.file('f');
      for (let at = 0; at < 100; at++) await t.me.call('link', 'f', `g${at}`);
      return t.nlink('f');
    }),
    gives('of a link makes a second name of the link', page, [0o12, true], async (t) => {
      await t.file('f');
      await t.me.call('symlink', 'f', 'link');
      await t.me.call('link', 'link', 'g');
      return [(await t.me.lstat('g')).type, await t.same('link', 'g')];
    }),
    gives('with AT_SYMLINK_FOLLOW makes a second name of what the link leads to', page, true, async (t) => {
      await t.file('f');
      await t.me.call('symlink', 'f', 'link');
      await t.me.call('linkat', AT_FDCWD, 'link', AT_FDCWD, 'g', AT_SYMLINK_FOLLOW);
      return t.same('f', 'g');
    }),
    gives('of a FIFO', page, true, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      await t.me.call('link', 'p', 'q');
      return t.same('p', 'q');
    }),
    gives('by the descriptor of an open file, from /proc', page, true, async (t) => {
      const fd = await t.opened('f', O_RDONLY);
      await t.me.call('linkat', AT_FDCWD, `/proc/self/fd/${fd}`, AT_FDCWD, 'g', AT_SYMLINK_FOLLOW);
      return t.same('f', 'g');
    }),
    gives('marks ctime of the file', posix, ['ctime'], async (t) => {
      await t.file('f');
      return t.marked('f', () => t.me.call('link', 'f', 'g'));
    }),
    gives('marks mtime and ctime of the new directory', posix, ['ctime', 'mtime'], async (t) => {
      await t.file('f');
      await t.folder('d');
      return t.marked('d', () => t.me.call('link', 'f', 'd/g'));
    }),
    gives('does not mark the old directory', posix, [], async (t) => {
      await t.folder('d');
      await t.file('d/f');
      return t.marked('d', () => t.me.call('link', 'd/f', 'g'));
    }),
    refuses('EEXIST', 'a file has the new name', page, async (t) => {
      await t.file('f');
      await t.file('g');
      return t.me.call('link', 'f', 'g');
    }),
    refuses('EEXIST', 'a directory has the new name', page, async (t) => {
      await t.file('f');
      await t.folder('g');
      return t.me.call('link', 'f', 'g');
    }),
    refuses('EEXIST', 'a dangling link has the new name', page, async (t) => {
      await t.file('f');
      await t.me.call('symlink', 'missing', 'g');
      return t.me.call('link', 'f', 'g');
    }),
    refuses('EEXIST', 'both names are the same', page, async (t) => {
      await t.file('f');
      return t.me.call('link', 'f', 'f');
    }),
    refuses('ENOENT', 'a slash follows the new name', page, async (t) => {
      await t.file('f');
      return t.me.call('link', 'f', 'g/');
    }),
    refuses('EPERM', 'the old name is a directory', page, async (t) => {
      await t.folder('d');
      return t.me.call('link', 'd', 'e');
    }),
    refuses('EINVAL', 'linkat: a flag that there is not', page, async (t) => {
      await t.file('f');
      return t.me.call('linkat', AT_FDCWD, 'f', AT_FDCWD, 'g', 1);
    }),
    refuses('EXDEV', 'the new name is on another file system', page, async (t) => {
      await t.file('f');
      return t.me.call('link', 'f', '/dev/sherin');
    }),
    // For root alone: a user may not write there, which the kernel refuses first.
    ...asRoot(
      ...contract(
        refuses('EXDEV', 'the new name is in another tree of the mount', 'the mount', async (t) => {
          await t.file('f');
          return t.me.call('link', 'f', `${t.mount}/.sherin/name`);
        }),
      ),
    ),
    ...asUser(
      refuses('EACCES', 'the new directory may not be written', page, async (t) => {
        await t.file('f');
        await t.folder('d', 0o555);
        return t.me.call('link', 'f', 'd/g');
      }),
      gives('to a file of someone else that one may read and write', 'proc(5)', 2, async (t) => {
        await t.file('f', '', 0o666, t.root);
        await t.me.call('link', 'f', 'g');
        return t.nlink('f');
      }),
      refuses(
        'ENOENT',
        'linkat: AT_EMPTY_PATH without privilege, of a file of someone else',
        page,
        async (t) => {
          await t.file('f', '', 0o666, t.root);
          const fd = await t.me.open('f', O_RDONLY);
          return t.me.call('linkat', fd, '', AT_FDCWD, 'missing/g', AT_EMPTY_PATH);
        },
      ),
    ),
    ...asRoot(
      gives('with AT_EMPTY_PATH by root', page, true, async (t) => {
        const fd = await t.opened('f', O_RDONLY);
        await t.me.call('linkat', fd, '', AT_FDCWD, 'g', AT_EMPTY_PATH);
        return t.same('f', 'g');
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EDQUOT', 'EIO', 'EMLINK', 'ENOMEM', 'ENOSPC', 'EROFS'),
    {
      errno: 'EPERM',
      source: page,
      why: 'for a file of someone else: fs.protected_hardlinks decides, a setting',
    },
  ],
};
