import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  noFile,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
  SEEK_SET,
} from '../constants.js';
import { gives, type Operation, refuses } from '../rule.js';
import type { Scene } from '../scene.js';

const page = 'lseek(2)';
const posix = 'POSIX lseek()';
const mib = 2 ** 20;

function seek(t: Scene, fd: number, offset: number | bigint, whence: number): Promise<number> {
  return t.me.call('lseek', fd, offset, whence);
}

/** 64 KiB of data at 4 MiB of a file of 8 MiB. */
async function sparse(t: Scene): Promise<number> {
  const fd = await t.opened('f', O_RDWR);
  await t.me.call('ftruncate', fd, 8 * mib);
  await t.me.pwrite(fd, 'x'.repeat(65_536), 4 * mib);
  return fd;
}

export const lseek: Operation = {
  name: 'lseek, SEEK_HOLE, SEEK_DATA',
  rules: [
    gives('SEEK_SET sets the offset', posix, [3, 'd'], async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abcdef');
      return [await seek(t, fd, 3, SEEK_SET), await t.me.read(fd, 1)];
    }),
    gives('SEEK_CUR adds to the offset', posix, 3, async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abcdef');
      await t.me.read(fd, 2);
      return seek(t, fd, 1, SEEK_CUR);
    }),
    gives('SEEK_CUR goes backwards', posix, 'b', async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abcdef');
      await t.me.read(fd, 2);
      await seek(t, fd, -1, SEEK_CUR);
      return t.me.read(fd, 1);
    }),
    gives('SEEK_END starts at the end', posix, 4, async (t) =>
      seek(t, await t.opened('f', O_RDONLY, 'abcdef'), -2, SEEK_END),
    ),
    gives('SEEK_END sees what another process wrote', posix, 6, async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abc');
      await seek(t, fd, 0, SEEK_END);
      await t.peer.pwrite(await t.peer.open('f', O_WRONLY), 'def', 3);
      return seek(t, fd, 0, SEEK_END);
    }),
    gives('goes beyond the end and changes no size', posix, [100, 3], async (t) => {
      const fd = await t.opened('f', O_RDONLY, 'abc');
      return [await seek(t, fd, 100, SEEK_SET), await t.size('f')];
    }),
    gives('goes beyond 4 GiB', posix, 2 ** 40, async (t) =>
      seek(t, await t.opened('f', O_RDONLY, 'abc'), 2 ** 40, SEEK_SET),
    ),
    gives('SEEK_DATA of a file full of data gives the offset', page, 2, async (t) =>
      seek(t, await t.opened('f', O_RDONLY, 'abc'), 2, SEEK_DATA),
    ),
    gives('SEEK_HOLE of a file full of data gives its end', page, 3, async (t) =>
      seek(t, await t.opened('f', O_RDONLY, 'abc'), 0, SEEK_HOLE),
    ),
    gives('SEEK_HOLE in a hole gives the offset', page, 100, async (t) =>
      seek(t, await sparse(t), 100, SEEK_HOLE),
    ),
    gives('SEEK_DATA in a hole finds the data behind', page, 4 * mib, async (t) =>
      seek(t, await sparse(t), 100, SEEK_DATA),
    ),
    gives('SEEK_DATA in data gives the offset', page, 4 * mib + 100, async (t) =>
      seek(t, await sparse(t), 4 * mib + 100, SEEK_DATA),
    ),
    gives('SEEK_HOLE in data finds the hole behind', page, 4 * mib + 65_536, async (t) =>
      seek(t, await sparse(t), 4 * mib, SEEK_HOLE),
    ),
    gives('SEEK_HOLE in data at the end gives the end', page, 4 * mib + 65_536, async (t) => {
      const fd = await sparse(t);
      await t.me.call('ftruncate', fd, 4 * mib + 65_536);
      return seek(t, fd, 4 * mib, SEEK_HOLE);
    }),
    gives('SEEK_DATA sets the offset of the file', page, 'x', async (t) => {
      const fd = await sparse(t);
      await seek(t, fd, 0, SEEK_DATA);
      return t.me.read(fd, 1);
    }),
    gives('holes are there after fsync as well', page, [4 * mib, 4 * mib + 65_536], async (t) => {
      const fd = await sparse(t);
      await t.me.call('fsync', fd);
      return [await seek(t, fd, 0, SEEK_DATA), await seek(t, fd, 4 * mib, SEEK_HOLE)];
    }),
    gives('a punched hole is found', page, mib, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      for (let at = 0; at < 48; at++) await t.me.pwrite(fd, 'x'.repeat(65_536), at * 65_536);
      await t.me.call('fallocate', fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, mib, mib);
      return seek(t, fd, 0, SEEK_HOLE);
    }),
    gives('data behind a punched hole is found', page, 2 * mib, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      for (let at = 0; at < 48; at++) await t.me.pwrite(fd, 'x'.repeat(65_536), at * 65_536);
      await t.me.call('fallocate', fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, mib, mib);
      return seek(t, fd, mib, SEEK_DATA);
    }),
    refuses('ENXIO', 'SEEK_DATA at the end of the file', page, async (t) =>
      seek(t, await t.opened('f', O_RDONLY, 'abc'), 3, SEEK_DATA),
    ),
    refuses('ENXIO', 'SEEK_HOLE at the end of the file', page, async (t) =>
      seek(t, await t.opened('f', O_RDONLY, 'abc'), 3, SEEK_HOLE),
    ),
    refuses('ENXIO', 'SEEK_DATA of an empty file', page, async (t) =>
      seek(t, await t.opened('f', O_RDONLY), 0, SEEK_DATA),
    ),
    refuses('ENXIO', 'SEEK_DATA in the last hole', page, async (t) =>
      seek(t, await sparse(t), 5 * mib, SEEK_DATA),
    ),
    refuses('ENXIO', 'SEEK_DATA of a negative offset', page, async (t) =>
      seek(t, await t.opened('f', O_RDONLY, 'abc'), -1, SEEK_DATA),
    ),
    refuses('EINVAL', 'the offset would be negative', page, async (t) =>
      seek(t, await t.opened('f', O_RDONLY, 'abc'), -1, SEEK_SET),
    ),
    refuses('EINVAL', 'the offset before the end would be negative', page, async (t) =>
      seek(t, await t.opened('f', O_RDONLY, 'abc'), -4, SEEK_END),
    ),
    refuses('EINVAL', 'a way of seeking that there is not', page, async (t) =>
      seek(t, await t.opened('f', O_RDONLY, 'abc'), 0, 9),
    ),
    refuses('EBADF', 'the descriptor is not open', page, (t) => seek(t, noFile, 0, SEEK_SET)),
    refuses('ESPIPE', 'the file is a FIFO', page, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      return seek(t, await t.me.open('p', O_RDWR), 0, SEEK_SET);
    }),
  ],
  unprovoked: [{ errno: 'EOVERFLOW', source: page, why: 'an offset of 64 bits can be told always' }],
};
