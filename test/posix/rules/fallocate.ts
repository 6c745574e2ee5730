import {
  page as block,
  FALLOC_FL_COLLAPSE_RANGE as COLLAPSE,
  FALLOC_FL_INSERT_RANGE as INSERT,
  FALLOC_FL_KEEP_SIZE as KEEP,
  largestOffset,
  noFile,
  O_APPEND,
  O_RDONLY,
  O_RDWR,
  FALLOC_FL_PUNCH_HOLE as PUNCH,
  FALLOC_FL_ZERO_RANGE as ZERO,
} from '../constants.js';
import { asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';
import type { Scene } from '../scene.js';

const page = 'fallocate(2)';

/** Opens a file with `content`, applies fallocate and gives what is in it. */
async function after(
  t: Scene,
  content: string,
  mode: number,
  offset: number,
  length: number,
): Promise<string> {
  const fd = await t.opened('f', O_RDWR, content);
  await t.me.call('fallocate', fd, mode, offset, length);
  return t.me.pread(fd, 65_536, 0);
}

async function sizeAfter(
  t: Scene,
  content: string,
  mode: number,
  offset: number,
  length: number,
): Promise<unknown> {
  const fd = await t.opened('f', O_RDWR, content);
  await t.me.call('fallocate', fd, mode, offset, length);
  return (await t.me.fstat(fd)).size;
}

const full = 'x'.repeat(4 * block);
const holed = `${'x'.repeat(block)}${'\0'.repeat(block)}${'x'.repeat(2 * block)}`;
const parts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(block)).join('');

export const fallocate: Operation = {
  name: 'fallocate',
  rules: [
    gives('makes an empty file longer with zeros', page, '\0'.repeat(100), (t) => after(t, '', 0, 0, 100)),
    gives('makes a file longer and keeps its bytes', page, 'abc\0\0\0', (t) => after(t, 'abc', 0, 0, 6)),
    gives('behind the end leaves a hole between', page, 1100, (t) => sizeAfter(t, 'abc', 0, 1000, 100)),
    gives('within a file changes nothing', page, 'abcdef', (t) => after(t, 'abcdef', 0, 1, 3)),
    gives('with KEEP_SIZE keeps the size', page, 3, (t) => sizeAfter(t, 'abc', KEEP, 0, 100_000)),
    gives('with KEEP_SIZE keeps the bytes', page, 'abc', (t) => after(t, 'abc', KEEP, 0, 100)),
    gives('marks ctime and mtime when the file gets longer', page, ['ctime', 'mtime'], async (t) => {
      const fd = await t.opened('f', O_RDWR);
      return t.marked('f', () => t.me.call('fallocate', fd, 0, 0, 100));
    }),
    gives('posix_fallocate makes a file longer', 'POSIX posix_fallocate()', 100, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.call('posix_fallocate', fd, 0, 100);
      return t.size('f');
    }),
    gives('PUNCH_HOLE makes zeros of whole blocks', page, holed, (t) =>
      after(t, full, PUNCH | KEEP, block, block),
    ),
    gives('PUNCH_HOLE makes zeros of parts of blocks', page, `x${'\0'.repeat(10)}${'x'.repeat(89)}`, (t) =>
      after(t, 'x'.repeat(100), PUNCH | KEEP, 1, 10),
    ),
    gives('PUNCH_HOLE across blocks and parts', page, true, async (t) => {
      const content = await after(t, full, PUNCH | KEEP, 100, 2 * block);
      const expected = `${'x'.repeat(100)}${'\0'.repeat(2 * block)}${'x'.repeat(2 * block - 100)}`;
      return content === expected;
    }),
    gives('PUNCH_HOLE keeps the size at the end', page, 4 * block, (t) =>
      sizeAfter(t, full, PUNCH | KEEP, 2 * block, 100 * block),
    ),
    gives('PUNCH_HOLE behind the end changes nothing', page, 'abc', (t) =>
      after(t, 'abc', PUNCH | KEEP, 100, 100),
    ),
    gives('PUNCH_HOLE of everything gives space back', page, true, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      for (let at = 0; at < 16; at++) await t.me.pwrite(fd, 'x'.repeat(65_536), at * 65_536);
      await t.me.call('fsync', fd);
      const before = (await t.me.fstat(fd)).blocks;
      await t.me.call('fallocate', fd, PUNCH | KEEP, 0, 2 ** 20);
      await t.me.call('fsync', fd);
      return (await t.me.fstat(fd)).blocks < before;
    }),
    gives('what is written into a hole is read', page, 'abc', async (t) => {
      const fd = await t.opened('f', O_RDWR, full);
      await t.me.call('fallocate', fd, PUNCH | KEEP, block, block);
      await t.me.pwrite(fd, 'abc', block);
      return t.me.pread(fd, 3, block);
    }),
    gives('another process sees the hole at once', page, '\0', async (t) => {
      const fd = await t.opened('f', O_RDWR, full);
      const reader = await t.peer.open('f', O_RDONLY);
      await t.peer.pread(reader, 1, block);
      await t.me.call('fallocate', fd, PUNCH | KEEP, block, block);
      return t.peer.pread(reader, 1, block);
    }),
    gives('PUNCH_HOLE marks ctime and mtime', page, ['ctime', 'mtime'], async (t) => {
      const fd = await t.opened('f', O_RDWR, full);
      return t.marked('f', () => t.me.call('fallocate', fd, PUNCH | KEEP, 0, block));
    }),
    gives('ZERO_RANGE makes zeros', page, `a${'\0'.repeat(3)}ef`, (t) => after(t, 'abcdef', ZERO, 1, 3)),
    gives('ZERO_RANGE makes the file longer', page, `abc${'\0'.repeat(7)}`, (t) =>
      after(t, 'abc', ZERO, 3, 7),
    ),
    gives('ZERO_RANGE with KEEP_SIZE keeps the size', page, 'a\0\0', (t) =>
      after(t, 'abc', ZERO | KEEP, 1, 100),
    ),
    gives('COLLAPSE_RANGE takes blocks out', page, true, async (t) => {
      const content = await after(t, parts, COLLAPSE, block, block);
      return content === parts.replaceAll('b', '');
    }),
    gives('INSERT_RANGE puts zeros between', page, true, async (t) => {
      const content = await after(t, parts, INSERT, block, block);
      return content === `${parts.slice(0, block)}${'\0'.repeat(block)}${parts.slice(block)}`;
    }),
    refuses('EINVAL', 'the length is 0', page, (t) => after(t, 'abc', 0, 0, 0)),
    refuses('EINVAL', 'the length is negative', page, (t) => after(t, 'abc', 0, 0, -1)),
    refuses('EINVAL', 'the offset is negative', page, (t) => after(t, 'abc', 0, -1, 10)),
    refuses('EOPNOTSUPP', 'PUNCH_HOLE without KEEP_SIZE', page, (t) => after(t, 'abc', PUNCH, 0, 1)),
    refuses('EOPNOTSUPP', 'a mode that there is not', page, (t) => after(t, 'abc', 0x4000, 0, 1)),
    refuses('EINVAL', 'COLLAPSE_RANGE up to the end', page, (t) =>
      after(t, full, COLLAPSE, 3 * block, block),
    ),
    refuses('EINVAL', 'COLLAPSE_RANGE of parts of blocks', page, (t) => after(t, full, COLLAPSE, 1, 10)),
    refuses('EINVAL', 'INSERT_RANGE at the end', page, (t) => after(t, full, INSERT, 4 * block, block)),
    refuses('EINVAL', 'INSERT_RANGE of parts of blocks', page, (t) => after(t, full, INSERT, 1, 10)),
    refuses('EOPNOTSUPP', 'ZERO_RANGE together with PUNCH_HOLE', page, (t) =>
      after(t, full, ZERO | PUNCH | KEEP, 0, block),
    ),
    refuses('EBADF', 'the descriptor is not open', page, (t) => t.me.call('fallocate', noFile, 0, 0, 1)),
    refuses('EBADF', 'the descriptor is open for reading only', page, async (t) =>
      t.me.call('fallocate', await t.opened('f', O_RDONLY), 0, 0, 1),
    ),
    refuses('ESPIPE', 'the file is a FIFO', page, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      return t.me.call('fallocate', await t.me.open('p', O_RDWR), 0, 0, 1);
    }),
    refuses('EBADF', 'the descriptor is one of a directory', page, async (t) =>
      t.me.call('fallocate', await t.me.open('.', O_RDONLY), 0, 0, 1),
    ),
    refuses('EFBIG', 'the range ends beyond the largest offset', page, async (t) =>
      t.me.call('fallocate', await t.opened('f', O_RDWR), 0, largestOffset, 10),
    ),
    refuses('EFBIG', 'the process may make no file as long', page, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.call('limit', 'RLIMIT_FSIZE', 4096);
      return t.me.call('fallocate', fd, 0, 0, 4097);
    }),
    gives('works with O_APPEND', page, 100, async (t) => {
      const fd = await t.opened('f', O_RDWR | O_APPEND);
      await t.me.call('fallocate', fd, 0, 0, 100);
      return t.size('f');
    }),
    ...asUser(
      gives('clears setuid and setgid', 'inode(7)', 0o755, async (t) => {
        const fd = await t.opened('f', O_RDWR, 'abc');
        await t.me.call('chmod', 'f', 0o6755);
        await t.me.call('fallocate', fd, 0, 0, 100);
        return t.mode('f');
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EINTR', 'EIO', 'ENOSPC'),
    { errno: 'ENODEV', source: page, why: 'no device or socket is opened for writing here' },
    { errno: 'ENOSYS', source: page, why: 'is for kernels without the call' },
    {
      errno: 'EPERM',
      source: page,
      why: 'is about attributes of chattr(1) and seals, which the mount has not',
    },
    { errno: 'ETXTBSY', source: page, why: 'a program that runs is never open for writing' },
  ],
};
