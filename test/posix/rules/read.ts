import {
  largestOffset,
  noFile,
  nowhere,
  O_DIRECT,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from '../constants.js';
import { gives, type Operation, refuses, unprovoked } from '../rule.js';

const page = 'read(2)';
const posix = 'POSIX read()';
/** More than a request of the kernel carries, and no multiple of a page. */
const long = 'sherin '.repeat(40_000);

export const read: Operation = {
  name: 'read, pread, readv',
  rules: [
    gives('gives as many bytes as are asked for', posix, 'abc', async (t) =>
      t.me.read(await t.opened('f', O_RDONLY, 'abcdef'), 3),
    ),
    gives('gives fewer at the end', posix, 'abcdef', async (t) =>
      t.me.read(await t.opened('f', O_RDONLY, 'abcdef'), 100),
    ),
    gives('gives nothing at the end', posix, '', async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abc');
      await t.me.read(fd, 3);
      return t.me.read(fd, 3);
    }),
    gives('gives nothing of an empty file', posix, '', async (t) =>
      t.me.read(await t.opened('f', O_RDONLY), 9),
    ),
    gives('gives nothing when nothing is asked for', posix, '', async (t) =>
      t.me.read(await t.opened('f', O_RDONLY, 'abc'), 0),
    ),
    gives('goes on where the last one ended', posix, ['ab', 'cd', 'e'], async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abcde');
      return [await t.me.read(fd, 2), await t.me.read(fd, 2), await t.me.read(fd, 2)];
    }),
    gives('gives a long file whole', posix, true, async (t) => {
      const fd = await t.opened('f', O_RDONLY, long);
      return (await t.me.read(fd, long.length)) === long;
    }),
    gives('gives every value of a byte', posix, true, async (t) => {
      const all = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
      return (await t.me.read(await t.opened('f', O_RDONLY, all), 256)) === all;
    }),
    gives('sees at once what another process wrote', posix, 'new', async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'old');
      await t.peer.write(await t.peer.open('f', O_WRONLY), 'new');
      return t.me.read(fd, 3);
    }),
    gives('sees at once that another process made it longer', posix, 'abcdef', async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abc');
      await t.me.pread(fd, 10, 0);
      await t.peer.pwrite(await t.peer.open('f', O_WRONLY), 'def', 3);
      return t.me.read(fd, 10);
    }),
    gives('marks the access time', posix, ['atime'], async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abc');
      return t.marked('f', () => t.me.read(fd, 3));
    }),
    gives('marks neither mtime nor ctime', posix, true, async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abc');
      const marked = await t.marked('f', () => t.me.read(fd, 3));
      return !marked.includes('mtime') && !marked.includes('ctime');
    }),
    gives('pread gives bytes from its offset', 'pread(2)', 'cde', async (t) =>
      t.me.pread(await t.opened('f', O_RDONLY, 'abcdef'), 3, 2),
    ),
    gives('pread leaves the offset of the file', 'pread(2)', ['cd', 'ab'], async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abcdef');
      return [await t.me.pread(fd, 2, 2), await t.me.read(fd, 2)];
    }),
    gives('pread gives nothing beyond the end', 'pread(2)', '', async (t) =>
      t.me.pread(await t.opened('f', O_RDONLY, 'abc'), 3, 100),
    ),
    gives('pread crosses the border of a page', 'pread(2)', true, async (t) => {
      const fd = await t.opened('f', O_RDONLY, long);
      return (await t.me.pread(fd, 8192, 3000)) === long.slice(3000, 11_192);
    }),
    gives('readv fills its parts in turn', 'readv(2)', ['ab', 'cde', 'f\0\0\0'], async (t) =>
      t.me.call('readv', await t.opened('f', O_RDONLY, 'abcdef'), [2, 3, 4]),
    ),
    gives('O_DIRECT gives the same bytes', page, true, async (t) => {
      await t.file('f', long);
      const fd = await t.me.open('f', O_RDONLY | O_DIRECT);
      return (await t.me.call<string>('read_aligned', fd, 65_536, 4096)) === long.slice(4096, 69_632);
    }),
    gives('O_DIRECT gives fewer bytes at the end', page, 'x'.repeat(100), async (t) => {
      await t.file('f', 'x'.repeat(4196));
      return t.me.call('read_aligned', await t.me.open('f', O_RDONLY | O_DIRECT), 4096, 4096);
    }),
    gives('two descriptors made by dup share one offset', 'dup(2)', ['ab', 'cd'], async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abcd');
      const second = await t.me.call('dup', fd);
      return [await t.me.read(fd, 2), await t.me.read(second, 2)];
    }),
    refuses('EBADF', 'the descriptor is not open', page, (t) => t.me.read(noFile, 1)),
    refuses('EBADF', 'the descriptor is open for writing only', page, async (t) =>
      t.me.read(await t.opened('f', O_WRONLY), 1),
    ),
    refuses('EBADF', 'pread: the descriptor is open for writing only', 'pread(2)', async (t) =>
      t.me.pread(await t.opened('f', O_WRONLY), 1, 0),
    ),
    refuses('EISDIR', 'the descriptor is one of a directory', page, async (t) => {
      await t.folder('d');
      return t.me.read(await t.me.open('d', O_RDONLY), 1);
    }),
    refuses('EISDIR', 'pread: the descriptor is one of a directory', 'pread(2)', async (t) => {
      await t.folder('d');
      return t.me.pread(await t.me.open('d', O_RDONLY), 1, 0);
    }),
    refuses('EINVAL', 'pread: the offset is negative', 'pread(2)', async (t) =>
      t.me.pread(await t.opened('f', O_RDONLY, 'abc'), 1, -1),
    ),
    refuses('EINVAL', 'pread: the range ends beyond the largest offset', 'pread(2)', async (t) =>
      t.me.pread(await t.opened('f', O_RDONLY, 'abc'), 2, largestOffset),
    ),
    refuses('ESPIPE', 'pread: the file is a FIFO', 'pread(2)', async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      return t.me.pread(await t.me.open('p', O_RDWR), 1, 0);
    }),
    refuses('EAGAIN', 'a FIFO is empty and O_NONBLOCK set', page, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      return t.me.read(await t.me.open('p', O_RDWR | O_NONBLOCK), 1);
    }),
    refuses('EFAULT', 'the buffer lies outside of the memory of the process', page, async (t) =>
      t.me.call('read_into', await t.opened('f', O_RDONLY, 'abc'), nowhere, 3),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EINTR', 'EIO'),
    { errno: 'EINVAL', source: page, why: 'O_DIRECT with what is not aligned: a file system may take it' },
  ],
};
