import { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY } from '../constants.js';
import { pathRefusals } from '../path-refusals.js';
import { asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';
import { sharedGroup } from '../scene.js';

const page = 'open(2)';
const posix = 'POSIX open()';

export const create: Operation = {
  name: 'creat, O_CREAT',
  rules: [
    ...pathRefusals({ source: 'creat(2)', call: (t, path) => t.me.call('creat', path, 0o644) }),
    gives('a new file is empty, regular and has one link', posix, [0, 0o10, 1], async (t) => {
      await t.file('f');
      const { size, type, nlink } = await t.me.lstat('f');
      return [size, type, nlink];
    }),
    gives('a new file uses no blocks', posix, 0, async (t) => {
      await t.file('f');
      return (await t.me.lstat('f')).blocks;
    }),
    ...[0, 0o400, 0o644, 0o755, 0o777, 0o7777].map((mode) =>
      gives(`the mode 0${mode.toString(8)} is that of the new file`, posix, mode, async (t) => {
        await t.file('f', '', mode);
        return t.mode('f');
      }),
    ),
    gives('the umask is taken from the mode', posix, 0o640, async (t) => {
      await t.me.call('umask', 0o027);
      await t.file('f', '', 0o666);
      return t.mode('f');
    }),
    gives('the owner is the user of the process', posix, true, async (t) => {
      await t.file('f');
      return (await t.me.lstat('f')).uid === t.me.uid;
    }),
    gives('the group is that of the process', posix, true, async (t) => {
      await t.file('f');
      return (await t.me.lstat('f')).gid === t.me.gid;
    }),
    gives('in a directory with setgid the group is that of the directory', page, sharedGroup, async (t) => {
      await t.folder('d');
      await t.me.call('chown', 'd', -1, sharedGroup);
      await t.me.call('chmod', 'd', 0o2755);
      await t.file('d/f');
      return (await t.me.lstat('d/f')).gid;
    }),
    gives('a file with a mode without writing may be written by who made it', posix, 3, async (t) =>
      t.me.write(await t.me.open('f', O_CREAT | O_WRONLY, 0o400), 'abc'),
    ),
    gives('O_CREAT alone opens what exists, unchanged', posix, ['abc', 0o600], async (t) => {
      await t.file('f', 'abc', 0o600);
      await t.me.open('f', O_CREAT | O_RDWR, 0o777);
      return [await t.content('f'), await t.mode('f')];
    }),
    gives('O_CREAT makes what a dangling link leads to', posix, 0o10, async (t) => {
      await t.me.call('symlink', 'target', 'link');
      await t.me.open('link', O_CREAT | O_WRONLY);
      return (await t.me.lstat('target')).type;
    }),
    gives('creat empties a file that exists', 'creat(2)', 0, async (t) => {
      await t.file('f', 'abc');
      await t.me.call('creat', 'f', 0o644);
      return t.size('f');
    }),
    refuses('EBADF', 'a descriptor of creat is read from', 'POSIX creat()', async (t) =>
      t.me.read(await t.me.call('creat', 'f', 0o644), 1),
    ),
    gives('a new file marks mtime and ctime of its directory', posix, ['ctime', 'mtime'], (t) =>
      t.marked('.', () => t.file('f')),
    ),
    gives('opening what exists does not mark its directory', posix, [], async (t) => {
      await t.file('f');
      return t.marked('.', () => t.me.open('f', O_CREAT | O_WRONLY));
    }),
    gives('the times of a new file are one and now', posix, [true, true, true], async (t) => {
      const [start = 0] = await t.me.call<number[]>('now');
      await t.file('f');
      const { atime, mtime, ctime } = await t.me.lstat('f');
      const [end = 0] = await t.me.call<number[]>('now');
      // The clock of files stands a tick behind the other one.
      return [atime, mtime, ctime].map(([time]) => Number(time) >= start - 1 && Number(time) <= end);
    }),
    refuses('EEXIST', 'O_EXCL and a file exists', page, async (t) => {
      await t.file('f');
      return t.me.open('f', O_CREAT | O_EXCL | O_WRONLY);
    }),
    refuses('EEXIST', 'O_EXCL and a directory exists', page, async (t) => {
      await t.folder('d');
      return t.me.open('d', O_CREAT | O_EXCL | O_WRONLY);
    }),
    refuses('EEXIST', 'O_EXCL and a link exists', page, async (t) => {
      await t.file('f');
      await t.me.call('symlink', 'f', 'link');
      return t.me.open('link', O_CREAT | O_EXCL | O_WRONLY);
    }),
    refuses('EEXIST', 'O_EXCL and a dangling link exists', page, async (t) => {
      await t.me.call('symlink', 'missing', 'link');
      return t.me.open('link', O_CREAT | O_EXCL | O_WRONLY);
    }),
    refuses('EEXIST', 'O_EXCL and a FIFO exists', page, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      return t.me.open('p', O_CREAT | O_EXCL | O_WRONLY);
    }),
    gives('of two processes that make one file with O_EXCL one succeeds', posix, 1, async (t) => {
      const tries = [t.me, t.peer].map((process) => process.open('f', O_CREAT | O_EXCL | O_WRONLY));
      return (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled').length;
    }),
    refuses('EISDIR', 'the name ends with a slash', page, (t) => t.me.open('f/', O_CREAT | O_WRONLY)),
    refuses('ENOENT', 'a dangling link leads into a directory that does not exist', page, async (t) => {
      await t.me.call('symlink', 'missing/f', 'link');
      return t.me.open('link', O_CREAT | O_WRONLY);
    }),
    refuses('ENOENT', 'the current directory was removed', page, async (t) => {
      await t.folder('d');
      await t.me.call('chdir', 'd');
      await t.me.call('rmdir', '../d');
      return t.me.open('f', O_CREAT | O_WRONLY);
    }),
    ...asUser(
      refuses('EACCES', 'the directory may not be written', page, async (t) => {
        await t.folder('d', 0o555);
        return t.me.open('d/f', O_CREAT | O_WRONLY);
      }),
      refuses('EACCES', 'the directory is someone else’s', page, async (t) => {
        await t.folder('d', 0o755, t.root);
        return t.me.open('d/f', O_CREAT | O_WRONLY);
      }),
      gives('a file that exists is opened with O_CREAT where none could be made', page, 'abc', async (t) => {
        await t.folder('d');
        await t.file('d/f', 'abc');
        await t.me.call('chmod', 'd', 0o555);
        return t.me.read(await t.me.open('d/f', O_CREAT | O_RDONLY), 10);
      }),
      gives('setgid of a group that one is not in is left out', 'chmod(2)', 0o755, async (t) => {
        await t.folder('d', 0o777, t.root);
        await t.root.call('chmod', 'd', 0o2777);
        await t.me.open('d/f', O_CREAT | O_WRONLY, 0o2755);
        return t.mode('d/f');
      }),
    ),
  ],
  unprovoked: unprovoked(page, 'EDQUOT', 'EIO', 'ENOMEM', 'ENOSPC', 'EROFS'),
};
