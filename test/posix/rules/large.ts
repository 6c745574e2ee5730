import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  MAP_SHARED,
  O_APPEND,
  O_RDONLY,
  O_RDWR,
  PROT_READ,
  SEEK_DATA,
  SEEK_HOLE,
} from '../constants.js';
import { gives, type Operation } from '../rule.js';
import type { Scene } from '../scene.js';

const source = 'POSIX write()';
const gib = 2 ** 30;
const far = 5 * gib + 123;

/** A file of zeros beyond 4 GiB, with a few bytes at its end. */
async function sparse(t: Scene): Promise<number> {
  const fd = await t.opened('f', O_RDWR);
  await t.me.pwrite(fd, 'far', far);
  return fd;
}

export const large: Operation = {
  name: 'files beyond 4 GiB',
  rules: [
    gives('the size is told', 'POSIX stat()', far + 3, async (t) => {
      await sparse(t);
      return t.size('f');
    }),
    gives('bytes beyond 4 GiB are read', source, 'far', async (t) => t.me.pread(await sparse(t), 10, far)),
    gives('bytes are read by another process', source, 'far', async (t) => {
      await sparse(t);
      return t.peer.pread(await t.peer.open('f', O_RDONLY), 10, far);
    }),
    gives('the hole before is zeros', source, '\0'.repeat(100), async (t) =>
      t.me.pread(await sparse(t), 100, 4 * gib),
    ),
    gives('the border of 4 GiB is crossed by a write and a read', source, 'across', async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.pwrite(fd, 'across', 4 * gib - 3);
      return t.me.pread(fd, 6, 4 * gib - 3);
    }),
    gives('the border of 2 GiB is crossed by a write and a read', source, 'across', async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.pwrite(fd, 'across', 2 * gib - 3);
      return t.me.pread(fd, 6, 2 * gib - 3);
    }),
    gives('what lies 4 GiB before is another byte', source, ['low', 'far'], async (t) => {
      const fd = await sparse(t);
      await t.me.pwrite(fd, 'low', far - 4 * gib);
      return [await t.me.pread(fd, 3, far - 4 * gib), await t.me.pread(fd, 3, far)];
    }),
    gives('a hole uses no space', source, true, async (t) => {
      const fd = await sparse(t);
      await t.me.call('fsync', fd);
      return (await t.me.fstat(fd)).blocks < 10_000;
    }),
    gives('appends behind 4 GiB', source, 'far end', async (t) => {
      await sparse(t);
      const fd = await t.me.open('f', O_RDWR | O_APPEND);
      await t.me.write(fd, ' end');
      return t.me.pread(fd, 20, far);
    }),
    gives('is cut within what lies beyond 4 GiB', 'POSIX ftruncate()', ['f', far + 1], async (t) => {
      const fd = await sparse(t);
      await t.me.call('ftruncate', fd, far + 1);
      return [await t.me.pread(fd, 10, far), await t.size('f')];
    }),
    gives('is cut from beyond 4 GiB to a few bytes', 'POSIX ftruncate()', '\0\0\0', async (t) => {
      const fd = await sparse(t);
      await t.me.call('ftruncate', fd, 3);
      return t.me.pread(fd, 10, 0);
    }),
    gives('data beyond 4 GiB is found', 'lseek(2)', true, async (t) => {
      const found = await t.me.call('lseek', await sparse(t), 0, SEEK_DATA);
      return found > 4 * gib && found <= far;
    }),
    gives('a hole that starts beyond 4 GiB is found', 'lseek(2)', true, async (t) => {
      const fd = await sparse(t);
      await t.me.call('ftruncate', fd, 10 * gib);
      const found = await t.me.call('lseek', fd, far, SEEK_HOLE);
      return found > far && found < 6 * gib;
    }),
    gives('a hole is punched beyond 4 GiB', 'fallocate(2)', '\0\0\0', async (t) => {
      const fd = await sparse(t);
      await t.me.call('fallocate', fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, far, 3);
      return t.me.pread(fd, 3, far);
    }),
    gives('is mapped beyond 4 GiB', 'POSIX mmap()', 'far', async (t) => {
      const fd = await sparse(t);
      const address = await t.me.call('mmap', fd, 4096, PROT_READ, MAP_SHARED, 5 * gib);
      return t.me.call('peek', address + 123, 3);
    }),
    gives('is copied from beyond 4 GiB to beyond 4 GiB', 'copy_file_range(2)', 'far', async (t) => {
      const from = await sparse(t);
      const to = await t.opened('g', O_RDWR);
      await t.me.call('copy_file_range', from, far, to, 6 * gib, 3, 0);
      return t.me.pread(to, 3, 6 * gib);
    }),
    gives('a file of 1 TiB is told', 'POSIX ftruncate()', 2 ** 40, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.call('ftruncate', fd, 2 ** 40);
      return t.size('f');
    }),
    gives('locks beyond 4 GiB are not those 4 GiB before', 'POSIX fcntl()', 1, async (t) => {
      const fd = await sparse(t);
      await t.me.call('lock', fd, 6, 1, far, 1);
      const second = await t.peer.open('f', O_RDWR);
      await t.peer.call('lock', second, 6, 1, far - 4 * gib, 1);
      const [kind] = await t.peer.call<number[]>('lock', second, 5, 1, far, 1);
      return kind;
    }),
  ],
  unprovoked: [],
};
