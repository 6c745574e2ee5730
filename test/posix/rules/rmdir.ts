import { pathRefusals } from '../path-refusals.js';
import { asRoot, asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';

const page = 'rmdir(2)';
const posix = 'POSIX rmdir()';

export const rmdir: Operation = {
  name: 'rmdir',
  rules: [
    ...pathRefusals({ source: page, existing: true, call: (t, path) => t.me.call('rmdir', path) }),
    gives('takes an empty directory', posix, [], async (t) => {
      await t.folder('d');
      await t.me.call('rmdir', 'd');
      return t.me.names('.');
    }),
    gives('takes a directory out of which everything was taken', posix, [], async (t) => {
      await t.folder('d');
      await t.file('d/f');
      await t.me.call('unlink', 'd/f');
      await t.me.call('rmdir', 'd');
      return t.me.names('.');
    }),
    gives('takes a directory with a slash after its name', posix, [], async (t) => {
      await t.folder('d');
      await t.me.call('rmdir', 'd/');
      return t.me.names('.');
    }),
    gives('takes one link from the parent', posix, 2, async (t) => {
      await t.folder('d');
      await t.folder('d/e');
      await t.me.call('rmdir', 'd/e');
      return t.nlink('d');
    }),
    gives('marks mtime and ctime of the parent', posix, ['ctime', 'mtime'], async (t) => {
      await t.folder('d');
      return t.marked('.', () => t.me.call('rmdir', 'd'));
    }),
    gives('of the current directory of another process succeeds', posix, [], async (t) => {
      await t.folder('d');
      await t.peer.call('chdir', 'd');
      await t.me.call('rmdir', 'd');
      return t.me.names('.');
    }),
    refuses('ENOENT', 'something is made in a directory that was removed', posix, async (t) => {
      await t.folder('d');
      await t.peer.call('chdir', 'd');
      await t.me.call('rmdir', 'd');
      return t.peer.call('mkdir', 'e', 0o755);
    }),
    refuses('ENOTEMPTY', 'a file is in the directory', page, async (t) => {
      await t.folder('d');
      await t.file('d/f');
      return t.me.call('rmdir', 'd');
    }),
    refuses('ENOTEMPTY', 'a directory is in the directory', page, async (t) => {
      await t.folder('d');
      await t.folder('d/e');
      return t.me.call('rmdir', 'd');
    }),
    refuses('ENOTEMPTY', 'a dangling link is in the directory', page, async (t) => {
      await t.folder('d');
      await t.me.call('symlink', 'missing', 'd/link');
      return t.me.call('rmdir', 'd');
    }),
    refuses('ENOTEMPTY', 'the path ends with ..', page, async (t) => {
      await t.folder('d');
      await t.folder('d/e');
      return t.me.call('rmdir', 'd/e/..');
    }),
    refuses('EINVAL', 'the path ends with .', page, async (t) => {
      await t.folder('d');
      return t.me.call('rmdir', 'd/.');
    }),
    refuses('ENOTDIR', 'it is a file', page, async (t) => {
      await t.file('f');
      return t.me.call('rmdir', 'f');
    }),
    refuses('ENOTDIR', 'it is a link to a directory', page, async (t) => {
      await t.folder('d');
      await t.me.call('symlink', 'd', 'link');
      return t.me.call('rmdir', 'link');
    }),
    refuses('ENOTDIR', 'it is a FIFO', page, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      return t.me.call('rmdir', 'p');
    }),
    ...asUser(
      refuses('EACCES', 'the parent may not be written', page, async (t) => {
        await t.folder('d');
        await t.folder('d/e');
        await t.me.call('chmod', 'd', 0o555);
        return t.me.call('rmdir', 'd/e');
      }),
      gives('needs no permission on the directory itself', posix, [], async (t) => {
        await t.folder('d', 0, t.root);
        await t.me.call('rmdir', 'd');
        return t.me.names('.');
      }),
    ),
    ...asRoot(
      gives('by root needs no permission', 'capabilities(7)', [], async (t) => {
        await t.folder('d');
        await t.folder('d/e');
        await t.me.call('chmod', 'd', 0);
        await t.me.call('rmdir', 'd/e');
        return t.me.names('d');
      }),
    ),
  ],
  unprovoked: unprovoked(page, 'EBUSY', 'ENOMEM', 'EROFS'),
};
