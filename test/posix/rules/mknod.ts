import { AT_FDCWD, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFREG, S_IFSOCK, type } from '../constants.js';
import { atRefusals, pathRefusals } from '../path-refusals.js';
import { asRoot, asUser, contract, gives, type Operation, refuses, unprovoked } from '../rule.js';

const page = 'mknod(2)';
const fifo = 'mkfifo(3)';
const kinds = [
  ['regular file', S_IFREG, type.file],
  ['regular file, by a type of 0', 0, type.file],
  ['FIFO', S_IFIFO, type.fifo],
  ['socket', S_IFSOCK, type.socket],
] as const;
/** /dev/null. */
const device = 0x103;

export const mknod: Operation = {
  name: 'mknod, mkfifo',
  rules: [
    ...pathRefusals({
      source: page,
      label: 'mknod',
      call: (t, path) => t.me.call('mknod', path, S_IFREG | 0o644, 0),
    }),
    ...pathRefusals({ source: fifo, label: 'mkfifo', call: (t, path) => t.me.call('mkfifo', path, 0o644) }),
    ...atRefusals(page, 'mknodat', (process, fd, path) =>
      process.call('mknodat', fd, path, S_IFREG | 0o644, 0),
    ),
    ...atRefusals(fifo, 'mkfifoat', (process, fd, path) => process.call('mkfifoat', fd, path, 0o644)),
    ...kinds.map(([name, bits, kind]) =>
      gives(`mknod makes a ${name}`, page, [kind, 0o640, 1, 0], async (t) => {
        await t.me.call('mknod', 'n', bits | 0o640, 0);
        const { type, mode, nlink, size } = await t.me.lstat('n');
        return [type, mode, nlink, size];
      }),
    ),
    gives('mkfifo makes a FIFO', 'POSIX mkfifo()', [type.fifo, 0o640], async (t) => {
      await t.me.call('mkfifo', 'p', 0o640);
      const { type, mode } = await t.me.lstat('p');
      return [type, mode];
    }),
    gives('the umask is taken from the mode', 'POSIX mkfifo()', 0o640, async (t) => {
      await t.me.call('umask', 0o027);
      await t.me.call('mkfifo', 'p', 0o666);
      return t.mode('p');
    }),
    gives('owner and group are those of the process', 'POSIX mkfifo()', true, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      const { uid, gid } = await t.me.lstat('p');
      return uid === t.me.uid && gid === t.me.gid;
    }),
    gives('marks mtime and ctime of the directory', 'POSIX mkfifo()', ['ctime', 'mtime'], (t) =>
      t.marked('.', () => t.me.call('mkfifo', 'p', 0o644)),
    ),
    gives('a regular file of mknod is written and read', page, 'abc', async (t) => {
      await t.me.call('mknod', 'n', S_IFREG | 0o644, 0);
      await t.me.write(await t.me.open('n', 1), 'abc');
      return t.content('n');
    }),
    gives('bind makes a socket', 'bind(2)', type.socket, async (t) => {
      await t.me.call('bind', 's');
      return (await t.me.lstat('s')).type;
    }),
    ...kinds.map(([name, bits]) =>
      refuses('EEXIST', `mknod of a ${name} and the name is used`, page, async (t) => {
        await t.file('n');
        return t.me.call('mknod', 'n', bits | 0o640, 0);
      }),
    ),
    refuses('EEXIST', 'mkfifo and a dangling link has the name', fifo, async (t) => {
      await t.me.call('symlink', 'missing', 'p');
      return t.me.call('mkfifo', 'p', 0o644);
    }),
    refuses('EEXIST', 'mkfifo and a directory has the name', fifo, async (t) => {
      await t.folder('p');
      return t.me.call('mkfifo', 'p', 0o644);
    }),
    refuses('EPERM', 'mknod of a directory', page, (t) => t.me.call('mknod', 'n', S_IFDIR | 0o755, 0)),
    refuses('EINVAL', 'mknod of a type that there is not', page, (t) =>
      t.me.call('mknod', 'n', 0o170000 | 0o755, 0),
    ),
    ...asUser(
      refuses('EPERM', 'mknod of a character device without privilege', page, (t) =>
        t.me.call('mknod', 'n', S_IFCHR | 0o644, device),
      ),
      refuses('EPERM', 'mknod of a block device without privilege', page, (t) =>
        t.me.call('mknod', 'n', S_IFBLK | 0o644, device),
      ),
      refuses('EACCES', 'mknod where the directory may not be written', page, async (t) => {
        await t.folder('d', 0o555);
        return t.me.call('mknodat', AT_FDCWD, 'd/n', S_IFREG | 0o644, 0);
      }),
      refuses('EACCES', 'mkfifo where the directory may not be written', fifo, async (t) => {
        await t.folder('d', 0o555);
        return t.me.call('mkfifo', 'd/p', 0o644);
      }),
      refuses('EACCES', 'bind where the directory may not be written', 'unix(7)', async (t) => {
        await t.folder('d', 0o555);
        return t.me.call('bind', 'd/s');
      }),
    ),
    ...asRoot(
      gives('mknod by root makes a character device', page, [type.character, [1, 3]], async (t) => {
        await t.me.call('mknod', 'n', S_IFCHR | 0o644, device);
        const { type, rdev } = await t.me.lstat('n');
        return [type, rdev];
      }),
      gives('mknod by root makes a block device', page, type.block, async (t) => {
        await t.me.call('mknod', 'n', S_IFBLK | 0o644, device);
        return (await t.me.lstat('n')).type;
      }),
      ...contract(
        refuses('EPERM', 'mknod by root of a character device', 'the mount', (t) =>
          t.me.call('mknod', 'n', S_IFCHR | 0o644, device),
        ),
        refuses('EPERM', 'mknod by root of a block device', 'the mount', (t) =>
          t.me.call('mknod', 'n', S_IFBLK | 0o644, device),
        ),
      ),
    ),
  ],
  unprovoked: unprovoked(page, 'EDQUOT', 'ENOMEM', 'ENOSPC', 'EROFS'),
};
