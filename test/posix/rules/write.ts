import {
  noFile,
  nowhere,
  O_DIRECT,
  O_DSYNC,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_SYNC,
  O_WRONLY,
} from '../constants.js';
import { asRoot, asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';
import type { Scene } from '../scene.js';

const page = 'write(2)';
const posix = 'POSIX write()';
const long = 'sherin '.repeat(40_000);

/** Mode of a file after a write. */
async function modeAfterWrite(t: Scene, mode: number): Promise<number> {
  await t.file('f', '', 0o777);
  await t.me.call('chmod', 'f', mode);
  await t.me.write(await t.me.open('f', O_WRONLY), 'abc');
  return t.mode('f');
}

export const write: Operation = {
  name: 'write, writev',
  rules: [
    gives('says how many bytes were written', posix, 6, async (t) =>
      t.me.write(await t.opened('f', O_WRONLY), 'abcdef'),
    ),
    gives('what was written is read', posix, 'abcdef', async (t) => {
      await t.me.write(await t.opened('f', O_WRONLY), 'abcdef');
      return t.content('f');
    }),
    gives('is read by another process before the file is closed', posix, 'abcdef', async (t) => {
      await t.me.write(await t.opened('f', O_WRONLY), 'abcdef');
      return t.content('f', t.peer);
    }),
    gives('is read through the same descriptor', posix, 'abcdef', async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.write(fd, 'abcdef');
      return t.me.pread(fd, 100, 0);
    }),
    gives('goes on where the last one ended', posix, 'abcdef', async (t) => {
      const fd = await t.opened('f', O_WRONLY);
      await t.me.write(fd, 'abc');
      await t.me.write(fd, 'def');
      return t.content('f');
    }),
    gives('replaces bytes and keeps those around', posix, 'abXXef', async (t) => {
      const fd = await t.opened('f', O_WRONLY, 'abcdef');
      await t.me.call('lseek', fd, 2, 0);
      await t.me.write(fd, 'XX');
      return t.content('f');
    }),
    gives('makes the file longer', posix, 6, async (t) => {
      await t.me.write(await t.opened('f', O_WRONLY, 'abc'), 'abcdef');
      return t.size('f');
    }),
    gives('does not make the file shorter', posix, 6, async (t) => {
      await t.me.write(await t.opened('f', O_WRONLY, 'abcdef'), 'abc');
      return t.size('f');
    }),
    gives('of nothing is no error and changes nothing', posix, [0, 'abc'], async (t) => {
      const fd = await t.opened('f', O_WRONLY, 'abc');
      return [await t.me.write(fd, ''), await t.content('f')];
    }),
    gives('of nothing marks nothing', posix, [], async (t) => {
      const fd = await t.opened('f', O_WRONLY, 'abc');
      return t.marked('f', () => t.me.write(fd, ''));
    }),
    gives('of much is written whole', posix, true, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.write(fd, long);
      return (await t.me.pread(fd, long.length, 0)) === long;
    }),
    gives('beyond the end leaves zeros between', posix, 'abc\0\0\0def', async (t) => {
      const fd = await t.opened('f', O_WRONLY, 'abc');
      await t.me.call('lseek', fd, 6, 0);
      await t.me.write(fd, 'def');
      return t.content('f');
    }),
    gives('marks mtime and ctime', posix, ['ctime', 'mtime'], async (t) => {
      const fd = await t.opened('f', O_WRONLY);
      return t.marked('f', () => t.me.write(fd, 'abc'));
    }),
    gives('marks mtime and ctime when it replaces bytes', posix, ['ctime', 'mtime'], async (t) => {
      const fd = await t.opened('f', O_WRONLY, 'abc');
      return t.marked('f', () => t.me.write(fd, 'abc'));
    }),
    gives('does not mark the directory', posix, [], async (t) => {
      const fd = await t.opened('f', O_WRONLY);
      return t.marked('.', () => t.me.write(fd, 'abc'));
    }),
    gives(
      'writes to the file that was opened after another took its name',
      posix,
      ['abc', 'other'],
      async (t) => {
        const fd = await t.opened('f', O_RDWR);
        await t.file('g', 'other');
        await t.me.call('rename', 'g', 'f');
        await t.me.write(fd, 'abc');
        return [await t.me.pread(fd, 10, 0), await t.content('f')];
      },
    ),
    gives('writev writes its parts in turn', 'writev(2)', 'abcdef', async (t) => {
      await t.me.call('writev', await t.opened('f', O_WRONLY), ['ab', 'cde', 'f']);
      return t.content('f');
    }),
    gives('O_SYNC writes as well', page, 'abc', async (t) => {
      await t.me.write(await t.opened('f', O_WRONLY | O_SYNC), 'abc');
      return t.content('f');
    }),
    gives('O_DSYNC writes as well', page, 'abc', async (t) => {
      await t.me.write(await t.opened('f', O_WRONLY | O_DSYNC), 'abc');
      return t.content('f');
    }),
    gives('O_DIRECT writes what others read', page, true, async (t) => {
      const fd = await t.opened('f', O_WRONLY | O_DIRECT);
      await t.me.call('write_aligned', fd, long.slice(0, 65_536), 4096);
      const read = await t.peer.open('f', O_RDONLY);
      return (await t.peer.pread(read, 65_536, 4096)) === long.slice(0, 65_536);
    }),
    gives('O_DIRECT replaces what is in the cache', page, true, async (t) => {
      await t.file('f', long);
      const read = await t.peer.open('f', O_RDONLY);
      await t.peer.pread(read, 8192, 0);
      const fd = await t.me.open('f', O_WRONLY | O_DIRECT);
      await t.me.call('write_aligned', fd, 'y'.repeat(4096), 4096);
      return (await t.peer.pread(read, 8192, 0)) === `${long.slice(0, 4096)}${'y'.repeat(4096)}`;
    }),
    ...asUser(
      gives('clears setuid', posix, 0o777, (t) => modeAfterWrite(t, 0o4777)),
      gives('clears setgid of a file that its group may run', posix, 0o777, (t) => modeAfterWrite(t, 0o2777)),
      gives('clears both', posix, 0o755, (t) => modeAfterWrite(t, 0o6755)),
      gives('keeps the sticky bit', posix, 0o1755, (t) => modeAfterWrite(t, 0o1755)),
      gives('keeps setgid of a file that its group may not run', 'chmod(2)', 0o2747, (t) =>
        modeAfterWrite(t, 0o2747),
      ),
      gives('clears setuid of a file of someone else', posix, 0o777, async (t) => {
        await t.file('f', '', 0o777, t.root);
        await t.root.call('chmod', 'f', 0o6777);
        await t.me.write(await t.me.open('f', O_WRONLY), 'abc');
        return t.mode('f');
      }),
    ),
    ...asRoot(
      gives('by root keeps setuid and setgid', 'capabilities(7)', 0o6755, (t) => modeAfterWrite(t, 0o6755)),
    ),
    refuses('EBADF', 'the descriptor is not open', page, (t) => t.me.write(noFile, 'abc')),
    refuses('EBADF', 'the descriptor is open for reading only', page, async (t) =>
      t.me.write(await t.opened('f', O_RDONLY), 'abc'),
    ),
    refuses('EBADF', 'writev: the descriptor is open for reading only', 'writev(2)', async (t) =>
      t.me.call('writev', await t.opened('f', O_RDONLY), ['abc']),
    ),
    refuses('EFAULT', 'the buffer lies outside of the memory of the process', page, async (t) =>
      t.me.call('write_from', await t.opened('f', O_WRONLY), nowhere, 3),
    ),
    refuses('EFBIG', 'the file is as long as the process may make one', page, async (t) => {
      const fd = await t.opened('f', O_WRONLY, 'x'.repeat(4096));
      await t.me.call('limit', 'RLIMIT_FSIZE', 4096);
      await t.me.call('lseek', fd, 4096, 0);
      return t.me.write(fd, 'abc');
    }),
    gives('writes as much as the process may make a file long', posix, 96, async (t) => {
      const fd = await t.opened('f', O_WRONLY, 'x'.repeat(4000));
      await t.me.call('limit', 'RLIMIT_FSIZE', 4096);
      await t.me.call('lseek', fd, 4000, 0);
      return t.me.write(fd, 'y'.repeat(200));
    }),
    refuses('EPIPE', 'nobody reads a FIFO any more', page, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      const reader = await t.me.open('p', O_RDONLY | O_NONBLOCK);
      const writer = await t.me.open('p', O_WRONLY);
      await t.me.close(reader);
      return t.me.write(writer, 'abc');
    }),
    refuses('EAGAIN', 'a FIFO is full and O_NONBLOCK set', page, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      const fd = await t.me.open('p', O_RDWR | O_NONBLOCK);
      for (;;) await t.me.write(fd, 'x'.repeat(65_536));
    }),
  ],
  unprovoked: [
    ...unprovoked(page, 'EDQUOT', 'EINTR', 'EIO', 'ENOSPC'),
    { errno: 'EDESTADDRREQ', source: page, why: 'is about sockets' },
    { errno: 'EPERM', source: page, why: 'is about seals, which files in memory alone have' },
    { errno: 'EINVAL', source: page, why: 'O_DIRECT with what is not aligned: a file system may take it' },
  ],
};
