import {
  F_GETFL,
  F_SETFL,
  largestOffset,
  noFile,
  O_APPEND,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from '../constants.js';
import { gives, type Operation, refuses, unprovoked } from '../rule.js';

const page = 'pwrite(2)';
const posix = 'POSIX write()';

export const pwrite: Operation = {
  name: 'pwrite, O_APPEND',
  rules: [
    gives('writes at its offset', page, 'abXXef', async (t) => {
      await t.me.pwrite(await t.opened('f', O_WRONLY, 'abcdef'), 'XX', 2);
      return t.content('f');
    }),
    gives('leaves the offset of the file', page, 0, async (t) => {
      const fd = await t.opened('f', O_WRONLY, 'abcdef');
      await t.me.pwrite(fd, 'XX', 2);
      return t.me.call('lseek', fd, 0, 1);
    }),
    gives('beyond the end leaves zeros between', page, 'ab\0\0cd', async (t) => {
      await t.me.pwrite(await t.opened('f', O_WRONLY, 'ab'), 'cd', 4);
      return t.content('f');
    }),
    gives(
      'beyond the end, where bytes were cut off before, leaves zeros',
      'POSIX ftruncate()',
      'ab\0\0X',
      async (t) => {
        const fd = await t.opened('f', O_WRONLY, 'abcd');
        await t.me.call('ftruncate', fd, 2);
        await t.me.pwrite(fd, 'X', 4);
        return t.content('f');
      },
    ),
    gives('across the border of a page keeps what is around', page, true, async (t) => {
      const fd = await t.opened('f', O_RDWR, 'x'.repeat(12_288));
      await t.me.pwrite(fd, 'y'.repeat(5000), 4000);
      const expected = `${'x'.repeat(4000)}${'y'.repeat(5000)}${'x'.repeat(3288)}`;
      return (await t.me.pread(fd, 20_000, 0)) === expected;
    }),
    gives('backwards, piece by piece, gives the whole', page, true, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      const parts = Array.from({ length: 40 }, (_, at) => String.fromCharCode(65 + at).repeat(1000));
      for (let at = parts.length - 1; at >= 0; at--) await t.me.pwrite(fd, parts[at] ?? '', at * 1000);
      return (await t.me.pread(fd, 50_000, 0)) === parts.join('');
    }),
    gives('marks mtime and ctime', page, ['ctime', 'mtime'], async (t) => {
      const fd = await t.opened('f', O_WRONLY);
      return t.marked('f', () => t.me.pwrite(fd, 'abc', 0));
    }),
    gives('two processes write parts of one file', page, 'abcdefgh', async (t) => {
      const one = await t.opened('f', O_WRONLY);
      const two = await t.peer.open('f', O_WRONLY);
      const writes = [
        t.me.pwrite(one, 'ab', 0),
        t.peer.pwrite(two, 'cd', 2),
        t.me.pwrite(one, 'ef', 4),
        t.peer.pwrite(two, 'gh', 6),
      ];
      await Promise.all(writes);
      return t.content('f');
    }),
    refuses('EBADF', 'the descriptor is not open', page, (t) => t.me.pwrite(noFile, 'abc', 0)),
    refuses('EBADF', 'the descriptor is open for reading only', page, async (t) =>
      t.me.pwrite(await t.opened('f', O_RDONLY), 'abc', 0),
    ),
    refuses('EINVAL', 'the offset is negative', page, async (t) =>
      t.me.pwrite(await t.opened('f', O_WRONLY), 'abc', -1),
    ),
    refuses('EINVAL', 'the range ends beyond the largest offset', page, async (t) =>
      t.me.pwrite(await t.opened('f', O_WRONLY), 'abc', largestOffset),
    ),
    refuses('EFBIG', 'the process may make no file as long', 'write(2)', async (t) => {
      const fd = await t.opened('f', O_WRONLY);
      await t.me.call('limit', 'RLIMIT_FSIZE', 4096);
      return t.me.pwrite(fd, 'abc', 4096);
    }),
    refuses('ESPIPE', 'the file is a FIFO', page, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      return t.me.pwrite(await t.me.open('p', O_RDWR), 'abc', 0);
    }),
    gives('O_APPEND writes at the end', posix, 'abcdef', async (t) => {
      await t.me.write(await t.opened('f', O_WRONLY | O_APPEND, 'abc'), 'def');
      return t.content('f');
    }),
    gives('O_APPEND writes at the end wherever the offset is', posix, 'abcdef', async (t) => {
      const fd = await t.opened('f', O_WRONLY | O_APPEND, 'abc');
      await t.me.call('lseek', fd, 1, 0);
      await t.me.write(fd, 'def');
      return t.content('f');
    }),
    gives('O_APPEND sets the offset behind what was written', posix, 6, async (t) => {
      const fd = await t.opened('f', O_WRONLY | O_APPEND, 'abc');
      await t.me.write(fd, 'def');
      return t.me.call('lseek', fd, 0, 1);
    }),
    gives('O_APPEND writes behind what another process wrote meanwhile', posix, 'abcdefghi', async (t) => {
      const fd = await t.opened('f', O_WRONLY | O_APPEND, 'abc');
      await t.peer.write(await t.peer.open('f', O_WRONLY | O_APPEND), 'def');
      await t.me.write(fd, 'ghi');
      return t.content('f');
    }),
    gives('O_APPEND writes at the end that a truncation made', posix, 'aXX', async (t) => {
      const fd = await t.opened('f', O_WRONLY | O_APPEND, 'abc');
      await t.peer.call('truncate', 'f', 1);
      await t.me.write(fd, 'XX');
      return t.content('f');
    }),
    gives('no byte is lost when two processes append at once', posix, [200, 200], async (t) => {
      const one = await t.opened('f', O_WRONLY | O_APPEND);
      const two = await t.peer.open('f', O_WRONLY | O_APPEND);
      const writes = Array.from({ length: 20 }, () => [
        t.me.write(one, 'a'.repeat(10)),
        t.peer.write(two, 'b'.repeat(10)),
      ]);
      await Promise.all(writes.flat());
      const content = await t.content('f');
      return ['a', 'b'].map((letter) => content.split(letter).length - 1);
    }),
    gives('pwrite with O_APPEND appends', 'pwrite(2), BUGS', 'abcdef', async (t) => {
      await t.me.pwrite(await t.opened('f', O_WRONLY | O_APPEND, 'abc'), 'def', 0);
      return t.content('f');
    }),
    gives('O_APPEND is set by fcntl as well', 'fcntl(2)', 'abcdef', async (t) => {
      const fd = await t.opened('f', O_WRONLY, 'abc');
      await t.me.call('fcntl', fd, F_SETFL, O_APPEND);
      await t.me.write(fd, 'def');
      return t.content('f');
    }),
    gives('O_APPEND is shown by fcntl', 'fcntl(2)', O_APPEND, async (t) => {
      const flags = await t.me.call('fcntl', await t.opened('f', O_WRONLY | O_APPEND), F_GETFL, 0);
      return flags & O_APPEND;
    }),
    gives('O_APPEND taken away by fcntl appends no more', 'fcntl(2)', 'Xbc', async (t) => {
      const fd = await t.opened('f', O_WRONLY | O_APPEND, 'abc');
      await t.me.call('fcntl', fd, F_SETFL, 0);
      await t.me.write(fd, 'X');
      return t.content('f');
    }),
  ],
  unprovoked: unprovoked(page, 'EDQUOT', 'EINTR', 'EIO', 'ENOSPC'),
};
