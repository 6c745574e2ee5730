import { AT_FDCWD, AT_REMOVEDIR, O_RDONLY, O_RDWR } from '../constants.js';
import { atRefusals, pathRefusals } from '../path-refusals.js';
import { asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';

const page = 'unlink(2)';
const posix = 'POSIX unlink()';

export const unlink: Operation = {
  name: 'unlink',
  rules: [
    ...pathRefusals({ source: page, existing: true, call: (t, path) => t.me.call('unlink', path) }),
    ...atRefusals(page, 'unlinkat', (process, fd, path) => process.call('unlinkat', fd, path, 0)),
    gives('takes the name', posix, [], async (t) => {
      await t.file('f');
      await t.me.call('unlink', 'f');
      return t.me.names('.');
    }),
    refuses('ENOENT', 'the name is looked up afterwards', posix, async (t) => {
      await t.file('f');
      await t.me.call('unlink', 'f');
      return t.me.lstat('f');
    }),
    gives('takes a link to nothing', posix, [], async (t) => {
      await t.me.call('symlink', 'missing', 'link');
      await t.me.call('unlink', 'link');
      return t.me.names('.');
    }),
    gives('takes a link and not what it leads to', posix, ['f'], async (t) => {
      await t.file('f');
      await t.me.call('symlink', 'f', 'link');
      await t.me.call('unlink', 'link');
      return t.me.names('.');
    }),
    gives('takes a link to a directory', posix, ['d'], async (t) => {
      await t.folder('d');
      await t.me.call('symlink', 'd', 'link');
      await t.me.call('unlink', 'link');
      return t.me.names('.');
    }),
    gives('takes a FIFO', posix, [], async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      await t.me.call('unlink', 'p');
      return t.me.names('.');
    }),
    gives('takes a socket', posix, [], async (t) => {
      await t.me.call('bind', 's');
      await t.me.call('unlink', 's');
      return t.me.names('.');
    }),
    gives('leaves the other names of the file', posix, ['abc', 1], async (t) => {
      await t.file('f', 'abc');
      await t.me.call('link', 'f', 'g');
      await t.me.call('unlink', 'f');
      return [await t.content('g'), await t.nlink('g')];
    }),
    gives('leaves a name free for another file', posix, true, async (t) => {
      await t.file('f', 'one');
      await t.me.call('unlink', 'f');
      await t.file('f', 'two');
      return (await t.content('f')) === 'two';
    }),
    gives('marks ctime of the file', posix, ['ctime'], async (t) => {
      await t.file('f');
      await t.me.call('link', 'f', 'g');
      return t.marked('g', () => t.me.call('unlink', 'f'));
    }),
    gives('marks mtime and ctime of the directory', posix, ['ctime', 'mtime'], async (t) => {
      await t.file('f');
      return t.marked('.', () => t.me.call('unlink', 'f'));
    }),
    gives('unlinkat with AT_REMOVEDIR takes a directory', page, [], async (t) => {
      await t.folder('d');
      await t.me.call('unlinkat', AT_FDCWD, 'd', AT_REMOVEDIR);
      return t.me.names('.');
    }),
    refuses('ENOTDIR', 'unlinkat with AT_REMOVEDIR and it is a file', page, async (t) => {
      await t.file('f');
      return t.me.call('unlinkat', AT_FDCWD, 'f', AT_REMOVEDIR);
    }),
    refuses('EISDIR', 'it is a directory', page, async (t) => {
      await t.folder('d');
      return t.me.call('unlink', 'd');
    }),
    refuses('EINVAL', 'unlinkat with a flag that there is not', page, async (t) => {
      await t.file('f');
      return t.me.call('unlinkat', AT_FDCWD, 'f', 1);
    }),
    gives('a second process finds the name gone', posix, 'ENOENT', async (t) => {
      await t.file('f');
      await t.peer.lstat('f');
      await t.me.call('unlink', 'f');
      return t.peer.lstat('f').catch(({ errno }) => errno);
    }),
    ...asUser(
      refuses('EACCES', 'the directory may not be written', page, async (t) => {
        await t.folder('d');
        await t.file('d/f');
        await t.me.call('chmod', 'd', 0o555);
        return t.me.call('unlink', 'd/f');
      }),
      gives('needs no permission on the file', posix, [], async (t) => {
        await t.file('f', '', 0, t.root);
        await t.me.call('unlink', 'f');
        return t.me.names('.');
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EBUSY', 'EIO', 'ENOMEM', 'EROFS'),
    { errno: 'EPERM', source: page, why: 'is about attributes of chattr(1), which the mount has not' },
  ],
};

const open = 'POSIX unlink()';

export const openUnlinked: Operation = {
  name: 'files without a name that are open',
  rules: [
    gives('are read', open, 'abc', async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abc');
      await t.me.call('unlink', 'f');
      return t.me.read(fd, 10);
    }),
    gives('are written', open, 'abcdef', async (t) => {
      const fd = await t.opened('f', O_RDWR, 'abc');
      await t.me.call('unlink', 'f');
      await t.me.pwrite(fd, 'def', 3);
      return t.me.pread(fd, 10, 0);
    }),
    gives('have no links', open, 0, async (t) => {
      const fd = await t.opened('f', O_RDONLY);
      await t.me.call('unlink', 'f');
      return (await t.me.fstat(fd)).nlink;
    }),
    gives('keep their inode number', open, true, async (t) => {
      const fd = await t.opened('f', O_RDONLY);
      const { ino } = await t.me.fstat(fd);
      await t.me.call('unlink', 'f');
      return (await t.me.fstat(fd)).ino === ino;
    }),
    gives('change mode and times through the descriptor', open, [0o600, [5, 6]], async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.call('unlink', 'f');
      await t.me.call('fchmod', fd, 0o600);
      await t.me.call('futimens', fd, [
        [5, 6],
        [5, 6],
      ]);
      const { mode, mtime } = await t.me.fstat(fd);
      return [mode, mtime];
    }),
    gives('are synchronised', 'fsync(2)', 0, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.call('unlink', 'f');
      await t.me.write(fd, 'abc');
      return t.me.call('fsync', fd);
    }),
    gives('take and give extended attributes', 'fsetxattr(2)', 'v', async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.call('unlink', 'f');
      await t.me.call('fsetxattr', fd, 'user.a', 'v', 1, 0);
      return t.me.call('fgetxattr', fd, 'user.a');
    }),
    gives('live on when another file gets their name', open, ['old', 'new'], async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'old');
      await t.me.call('unlink', 'f');
      await t.file('f', 'new');
      return [await t.me.read(fd, 10), await t.content('f')];
    }),
    gives('live on in a directory that goes as well', open, 'abc', async (t) => {
      await t.folder('d');
      const fd = await t.opened('d/f', O_RDONLY, 'abc');
      await t.me.call('unlink', 'd/f');
      await t.me.call('rmdir', 'd');
      return t.me.read(fd, 10);
    }),
    gives('leave no name of another kind behind', open, [], async (t) => {
      await t.opened('f', O_RDONLY, 'abc');
      await t.me.call('unlink', 'f');
      return t.me.names('.');
    }),
    refuses('ENOENT', 'a link to them is made', 'link(2)', async (t) => {
      const fd = await t.opened('f', O_RDONLY);
      await t.me.call('unlink', 'f');
      return t.me.call('linkat', AT_FDCWD, `/proc/self/fd/${fd}`, AT_FDCWD, 'g', 0x400);
    }),
    gives('of two processes live until both close', open, 'abc', async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abc');
      const second = await t.peer.open('f', O_RDONLY);
      await t.me.call('unlink', 'f');
      await t.me.close(fd);
      return t.peer.read(second, 10);
    }),
  ],
  unprovoked: [],
};
