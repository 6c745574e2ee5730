import {
  AT_FDCWD,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
} from '../constants.js';
import { atRefusals, pathRefusals } from '../path-refusals.js';
import { asRoot, asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';

const page = 'open(2)';
const posix = 'POSIX open()';

export const open: Operation = {
  name: 'open',
  rules: [
    ...pathRefusals({
      source: page,
      follows: true,
      existing: true,
      call: (t, path) => t.me.open(path, O_RDONLY),
    }),
    ...atRefusals(page, 'openat', (process, fd, path) => process.call('openat', fd, path, O_RDONLY, 0)),
    gives('a file opened for reading gives its bytes', posix, 'abc', async (t) => {
      await t.file('f', 'abc');
      return t.content('f');
    }),
    gives('a link at the end is followed', posix, 'abc', async (t) => {
      await t.file('f', 'abc');
      await t.me.call('symlink', 'f', 'link');
      return t.content('link');
    }),
    gives('the offset of a new descriptor is 0', posix, 0, async (t) =>
      t.me.call('lseek', await t.opened('f', O_RDONLY, 'abc'), 0, 1),
    ),
    gives('two descriptors of a file have offsets of their own', posix, ['ab', 'ab'], async (t) => {
      const one = await t.opened('f', O_RDONLY, 'abc');
      const two = await t.me.open('f', O_RDONLY);
      return [await t.me.read(one, 2), await t.me.read(two, 2)];
    }),
    gives('a directory may be opened for reading', posix, 4, async (t) => {
      await t.folder('d');
      return (await t.me.fstat(await t.me.open('d', O_RDONLY))).type;
    }),
    gives('openat starts at the directory of the descriptor', posix, 'abc', async (t) => {
      await t.folder('d');
      await t.file('d/f', 'abc');
      const fd = await t.me.call('openat', await t.me.open('d', O_RDONLY), 'f', O_RDONLY, 0);
      return t.me.read(fd, 10);
    }),
    gives('openat with an absolute path does not look at the descriptor', posix, 'abc', async (t) => {
      await t.file('f', 'abc');
      return t.me.read(await t.me.call('openat', 999, `${t.path}/f`, O_RDONLY, 0), 10);
    }),
    gives('O_TRUNC empties a file opened for writing', posix, 0, async (t) => {
      await t.opened('f', O_WRONLY | O_TRUNC, 'abc');
      return t.size('f');
    }),
    gives('O_TRUNC empties a file opened for both', posix, 0, async (t) => {
      await t.opened('f', O_RDWR | O_TRUNC, 'abc');
      return t.size('f');
    }),
    gives('O_TRUNC marks mtime and ctime', posix, ['ctime', 'mtime'], async (t) => {
      await t.file('f', 'abc');
      return t.marked('f', () => t.me.open('f', O_WRONLY | O_TRUNC));
    }),
    gives('opening alone marks nothing', posix, [], async (t) => {
      await t.file('f', 'abc');
      return t.marked('f', () => t.me.open('f', O_RDWR));
    }),
    gives('O_DIRECTORY opens a directory', page, 4, async (t) => {
      await t.folder('d');
      return (await t.me.fstat(await t.me.open('d', O_RDONLY | O_DIRECTORY))).type;
    }),
    refuses('ENOTDIR', 'O_DIRECTORY and the path names a file', page, async (t) => {
      await t.file('f');
      return t.me.open('f', O_RDONLY | O_DIRECTORY);
    }),
    refuses('ELOOP', 'O_NOFOLLOW and the path names a link', page, async (t) => {
      await t.file('f');
      await t.me.call('symlink', 'f', 'link');
      return t.me.open('link', O_RDONLY | O_NOFOLLOW);
    }),
    gives('O_NOFOLLOW follows links on the way', page, 'abc', async (t) => {
      await t.folder('d');
      await t.file('d/f', 'abc');
      await t.me.call('symlink', 'd', 'link');
      return t.me.read(await t.me.open('link/f', O_RDONLY | O_NOFOLLOW), 10);
    }),
    gives('O_PATH with O_NOFOLLOW opens the link itself', page, 0o12, async (t) => {
      await t.me.call('symlink', 'missing', 'link');
      return (await t.me.fstat(await t.me.open('link', O_PATH | O_NOFOLLOW))).type;
    }),
    refuses('EBADF', 'a descriptor of O_PATH is read from', page, async (t) =>
      t.me.read(await t.opened('f', O_PATH, 'abc'), 1),
    ),
    refuses('EISDIR', 'a directory is opened for writing', page, async (t) => {
      await t.folder('d');
      return t.me.open('d', O_WRONLY);
    }),
    refuses('EISDIR', 'a directory is opened for both', page, async (t) => {
      await t.folder('d');
      return t.me.open('d', O_RDWR);
    }),
    refuses('EISDIR', 'a directory is opened with O_CREAT', page, async (t) => {
      await t.folder('d');
      return t.me.open('d', O_RDONLY | O_CREAT);
    }),
    refuses('EISDIR', 'a directory is opened with O_TRUNC', page, async (t) => {
      await t.folder('d');
      return t.me.open('d', O_RDONLY | O_TRUNC);
    }),
    refuses('ENXIO', 'a socket is opened', page, async (t) => {
      await t.me.call('bind', 's');
      return t.me.open('s', O_RDONLY);
    }),
    refuses('ENXIO', 'a FIFO without readers is opened for writing with O_NONBLOCK', page, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      return t.me.open('p', O_WRONLY | O_NONBLOCK);
    }),
    gives('a FIFO carries bytes from one process to another', 'fifo(7)', 'through', async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      const writing = t.peer.open('p', O_WRONLY);
      const fd = await t.me.open('p', O_RDONLY);
      await t.peer.write(await writing, 'through');
      return t.me.read(fd, 100);
    }),
    refuses('EMFILE', 'the process has as many files open as it may', page, async (t) => {
      await t.file('f');
      await t.me.call('limit', 'RLIMIT_NOFILE', 3);
      return t.me.open('f', O_RDONLY);
    }),
    refuses('EINVAL', 'O_TMPFILE without writing', page, (t) => t.me.open('.', O_TMPFILE | O_RDONLY)),
    gives('O_TMPFILE makes a file without a name', page, [[], 0, 'abc'], async (t) => {
      const fd = await t.me.open('.', O_TMPFILE | O_RDWR, 0o600);
      await t.me.write(fd, 'abc');
      return [await t.me.names('.'), (await t.me.fstat(fd)).nlink, await t.me.pread(fd, 10, 0)];
    }),
    gives('a file of O_TMPFILE gets a name by linkat', page, 'abc', async (t) => {
      const fd = await t.me.open('.', O_TMPFILE | O_RDWR, 0o600);
      await t.me.write(fd, 'abc');
      await t.me.call('linkat', AT_FDCWD, `/proc/self/fd/${fd}`, AT_FDCWD, 'named', 0x400);
      return t.content('named');
    }),
    refuses('ETXTBSY', 'a program that runs is opened for writing', page, async (t) => {
      const pid = await t.me.call('start_copy', 'program');
      try {
        return await t.me.open('program', O_WRONLY);
      } finally {
        await t.me.call('stop', pid);
      }
    }),
    gives(
      'a descriptor that is open keeps its access when the mode is taken away',
      posix,
      'abc',
      async (t) => {
        const fd = await t.opened('f', O_RDONLY, 'abc');
        await t.me.call('chmod', 'f', 0);
        return t.me.read(fd, 10);
      },
    ),
    gives('a directory that is open survives its removal', posix, [], async (t) => {
      await t.folder('d');
      const fd = await t.me.open('d', O_RDONLY);
      await t.me.call('rmdir', 'd');
      return (await t.me.call<unknown[]>('rest', await t.me.call('fdopendir', fd))).filter(
        (entry) => !String(entry).endsWith('.'),
      );
    }),
    ...asUser(
      refuses('EACCES', 'a file without read permission is read', page, async (t) => {
        await t.file('f', '', 0o200);
        return t.me.open('f', O_RDONLY);
      }),
      refuses('EACCES', 'a file without write permission is written', page, async (t) => {
        await t.file('f', '', 0o400);
        return t.me.open('f', O_WRONLY);
      }),
      refuses('EACCES', 'a file without write permission is opened for both', page, async (t) => {
        await t.file('f', '', 0o400);
        return t.me.open('f', O_RDWR);
      }),
      refuses('EACCES', 'a file without write permission is emptied', page, async (t) => {
        await t.file('f', 'abc', 0o400);
        return t.me.open('f', O_RDONLY | O_TRUNC);
      }),
      refuses('EACCES', 'a directory without read permission is opened', page, async (t) => {
        await t.folder('d', 0o300);
        return t.me.open('d', O_RDONLY);
      }),
      refuses('EPERM', 'O_NOATIME on a file of someone else', page, async (t) => {
        await t.file('f', '', 0o644, t.root);
        return t.me.open('f', O_RDONLY | O_NOATIME);
      }),
      gives('O_NOATIME on a file of one’s own', page, 'abc', async (t) =>
        t.me.read(await t.opened('f', O_RDONLY | O_NOATIME, 'abc'), 10),
      ),
      gives('O_PATH needs no permission on the file', page, 0, async (t) => {
        await t.file('f', '', 0);
        return t.me.close(await t.me.open('f', O_PATH));
      }),
    ),
    ...asRoot(
      gives('root reads and writes a file without permissions', 'capabilities(7)', 'abc', async (t) => {
        await t.file('f', '', 0);
        const fd = await t.me.open('f', O_RDWR);
        await t.me.write(fd, 'abc');
        return t.me.pread(fd, 10, 0);
      }),
      gives(
        'root opens a file below a directory without permissions',
        'capabilities(7)',
        'abc',
        async (t) => {
          await t.folder('d', 0);
          await t.file('d/f', 'abc');
          return t.content('d/f');
        },
      ),
    ),
    refuses('EEXIST', 'O_CREAT with O_EXCL and the file exists', page, async (t) => {
      await t.file('f');
      return t.me.open('f', O_WRONLY | O_CREAT | O_EXCL);
    }),
  ],
  unprovoked: [
    ...unprovoked(page, 'EBUSY', 'EDQUOT', 'EINTR', 'EIO', 'ENFILE', 'ENOMEM', 'ENOSPC', 'EROFS'),
    { errno: 'ENODEV', source: page, why: 'a fault of the kernel with devices' },
    { errno: 'EOVERFLOW', source: page, why: 'only a program of 32 bits meets it' },
    { errno: 'EWOULDBLOCK', source: page, why: 'the kernel has no leases on FUSE' },
    {
      errno: 'EOPNOTSUPP',
      source: page,
      why: 'is the answer where O_TMPFILE is not supported; its rules are above',
    },
  ],
};
