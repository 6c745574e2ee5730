import { noFile, O_APPEND, O_RDONLY, O_RDWR, O_WRONLY } from '../constants.js';
import { asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';
import type { Scene } from '../scene.js';

const page = 'copy_file_range(2)';

type Offset = number | null;

function copy(t: Scene, from: number, fromAt: Offset, to: number, toAt: Offset, length: number, flags = 0) {
  return t.me.call<[number, Offset, Offset]>('copy_file_range', from, fromAt, to, toAt, length, flags);
}

/** A file to copy from, and one to copy to. */
async function pair(t: Scene, content = 'abcdef', target = ''): Promise<[number, number]> {
  return [await t.opened('from', O_RDONLY, content), await t.opened('to', O_RDWR, target)];
}

const long = 'sherin '.repeat(40_000);

export const copyFileRange: Operation = {
  name: 'copy_file_range',
  rules: [
    gives('copies a file', page, ['abcdef', 6], async (t) => {
      const [from, to] = await pair(t);
      const [count] = await copy(t, from, null, to, null, 6);
      return [await t.content('to'), count];
    }),
    gives('copies from and to offsets', page, 'xxcdxx', async (t) => {
      const [from, to] = await pair(t, 'abcdef', 'xxxxxx');
      await copy(t, from, 2, to, 2, 2);
      return t.content('to');
    }),
    gives('without offsets uses and moves those of the files', page, [4, 2, 'cd'], async (t) => {
      const [from, to] = await pair(t);
      await t.me.read(from, 2);
      await copy(t, from, null, to, null, 2);
      const offsets = [await t.me.call('lseek', from, 0, 1), await t.me.call('lseek', to, 0, 1)];
      return [...offsets, await t.content('to')];
    }),
    gives('with offsets moves them and leaves those of the files', page, [[2, 3, 5], 0, 0], async (t) => {
      const [from, to] = await pair(t);
      const result = await copy(t, from, 1, to, 3, 2);
      return [result, await t.me.call('lseek', from, 0, 1), await t.me.call('lseek', to, 0, 1)];
    }),
    gives('copies less at the end of the file', page, 3, async (t) => {
      const [from, to] = await pair(t, 'abc');
      return (await copy(t, from, 0, to, 0, 100))[0];
    }),
    gives('copies nothing behind the end of the file', page, 0, async (t) => {
      const [from, to] = await pair(t, 'abc');
      return (await copy(t, from, 3, to, 0, 100))[0];
    }),
    gives('copies nothing when nothing is asked for', page, 0, async (t) => {
      const [from, to] = await pair(t, 'abc');
      return (await copy(t, from, 0, to, 0, 0))[0];
    }),
    gives('makes the target longer, with zeros between', page, 'ab\0\0abc', async (t) => {
      const [from, to] = await pair(t, 'abc', 'ab');
      await copy(t, from, 0, to, 4, 3);
      return t.content('to');
    }),
    gives('copies a long file whole', page, true, async (t) => {
      const [from, to] = await pair(t, long);
      let done = 0;
      while (done < long.length) {
        const [count] = await copy(t, from, null, to, null, long.length - done);
        if (count === 0) break;
        done += count;
      }
      return (await t.me.pread(to, long.length + 1, 0)) === long;
    }),
    gives('copies within one file', page, 'abcabc', async (t) => {
      const fd = await t.opened('f', O_RDWR, 'abc');
      await copy(t, fd, 0, fd, 3, 3);
      return t.content('f');
    }),
    gives('copies what was written a moment ago', page, 'new', async (t) => {
      const from = await t.opened('from', O_RDWR, 'old');
      const to = await t.opened('to', O_RDWR);
      await t.me.pwrite(from, 'new', 0);
      await copy(t, from, 0, to, 0, 3);
      return t.content('to');
    }),
    gives('a copy stays as it is when the original changes', page, 'abc', async (t) => {
      const from = await t.opened('from', O_RDWR, 'abc');
      const to = await t.opened('to', O_RDWR);
      await copy(t, from, 0, to, 0, 3);
      await t.me.pwrite(from, 'XXX', 0);
      return t.content('to');
    }),
    gives('the original stays as it is when the copy changes', page, 'abc', async (t) => {
      const [from, to] = await pair(t, 'abc');
      await copy(t, from, 0, to, 0, 3);
      await t.me.pwrite(to, 'XXX', 0);
      return t.content('from');
    }),
    gives('a reader of the target sees it at once', page, 'abc', async (t) => {
      const [from, to] = await pair(t, 'abc', 'xxx');
      const reader = await t.peer.open('to', O_RDONLY);
      await t.peer.pread(reader, 3, 0);
      await copy(t, from, 0, to, 0, 3);
      return t.peer.pread(reader, 3, 0);
    }),
    gives('marks mtime and ctime of the target', page, ['ctime', 'mtime'], async (t) => {
      const [from, to] = await pair(t);
      return t.marked('to', () => copy(t, from, 0, to, 0, 3));
    }),
    gives('sendfile copies as well', 'sendfile(2)', 'abc', async (t) => {
      const [from, to] = await pair(t);
      await t.me.call('sendfile', to, from, 0, 3);
      return t.content('to');
    }),
    ...asUser(
      gives('clears setuid and setgid of the target', 'inode(7)', 0o755, async (t) => {
        const [from, to] = await pair(t);
        await t.me.call('chmod', 'to', 0o6755);
        await copy(t, from, 0, to, 0, 3);
        return t.mode('to');
      }),
    ),
    refuses('EBADF', 'the source is not open', page, async (t) =>
      copy(t, noFile, null, await t.opened('to', O_RDWR), null, 1),
    ),
    refuses('EBADF', 'the target is not open', page, async (t) =>
      copy(t, await t.opened('from', O_RDONLY, 'abc'), null, noFile, null, 1),
    ),
    refuses('EBADF', 'the source is open for writing only', page, async (t) =>
      copy(t, await t.opened('from', O_WRONLY, 'abc'), null, await t.opened('to', O_RDWR), null, 1),
    ),
    refuses('EBADF', 'the target is open for reading only', page, async (t) =>
      copy(t, await t.opened('from', O_RDONLY, 'abc'), null, await t.opened('to', O_RDONLY), null, 1),
    ),
    refuses('EBADF', 'the target is open for appending', page, async (t) =>
      copy(
        t,
        await t.opened('from', O_RDONLY, 'abc'),
        null,
        await t.opened('to', O_RDWR | O_APPEND),
        null,
        1,
      ),
    ),
    refuses('EINVAL', 'a flag that there is not', page, async (t) => {
      const [from, to] = await pair(t);
      return copy(t, from, 0, to, 0, 1, 0x4000);
    }),
    refuses('EINVAL', 'the ranges overlap in one file', page, async (t) => {
      const fd = await t.opened('f', O_RDWR, 'abcdef');
      return copy(t, fd, 0, fd, 2, 4);
    }),
    refuses('EISDIR', 'the source is a directory', page, async (t) =>
      copy(t, await t.me.open('.', O_RDONLY), null, await t.opened('to', O_RDWR), null, 1),
    ),
    refuses('EINVAL', 'the source is a FIFO', page, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      return copy(t, await t.me.open('p', O_RDWR), null, await t.opened('to', O_RDWR), null, 1);
    }),
    refuses('EFBIG', 'the process may make no file as long', page, async (t) => {
      const [from, to] = await pair(t, 'abc');
      await t.me.call('limit', 'RLIMIT_FSIZE', 4096);
      return copy(t, from, 0, to, 4096, 1);
    }),
  ],
  unprovoked: [
    ...unprovoked(page, 'EIO', 'ENOMEM', 'ENOSPC'),
    { errno: 'EOPNOTSUPP', source: page, why: 'is for file systems without the call' },
    { errno: 'EOVERFLOW', source: page, why: 'the kernel answers EFBIG or EINVAL first' },
    { errno: 'EPERM', source: page, why: 'is about attributes of chattr(1), which the mount has not' },
    { errno: 'ETXTBSY', source: page, why: 'is about files used for swapping' },
    { errno: 'EXDEV', source: page, why: 'depends on the kernel and on both file systems' },
  ],
};
