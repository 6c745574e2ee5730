import { O_RDONLY } from '../constants.js';
import { atRefusals, pathRefusals } from '../path-refusals.js';
import { asRoot, asUser, contract, gives, type Operation, refuses, unprovoked } from '../rule.js';

const page = 'rename(2)';
const posix = 'POSIX rename()';

export const rename: Operation = {
  name: 'rename',
  rules: [
    ...pathRefusals({
      source: page,
      label: 'old',
      existing: true,
      call: (t, path) => t.me.call('rename', path, 'to'),
    }),
    ...pathRefusals({
      source: page,
      label: 'new',
      call: async (t, path) => {
        await t.file('from');
        return t.me.call('rename', 'from', path);
      },
    }),
    ...atRefusals(page, 'renameat', (process, fd, path) => process.call('renameat', fd, path, fd, 'to')),
    gives('the new name leads to the same file', posix, true, async (t) => {
      await t.file('a', 'abc');
      const { ino } = await t.me.lstat('a');
      await t.me.call('rename', 'a', 'b');
      return (await t.me.lstat('b')).ino === ino;
    }),
    refuses('ENOENT', 'the old name is looked up afterwards', posix, async (t) => {
      await t.file('a');
      await t.me.call('rename', 'a', 'b');
      return t.me.lstat('a');
    }),
    gives('replaces a file', posix, ['abc', ['b']], async (t) => {
      await t.file('a', 'abc');
      await t.file('b', 'other');
      await t.me.call('rename', 'a', 'b');
      return [await t.content('b'), await t.me.names('.')];
    }),
    gives('a file that was replaced and is open lives on', posix, ['other', 0], async (t) => {
      await t.file('a', 'abc');
      const fd = await t.opened('b', O_RDONLY, 'other');
      await t.me.call('rename', 'a', 'b');
      return [await t.me.read(fd, 10), (await t.me.fstat(fd)).nlink];
    }),
    gives('takes one link from a file that is replaced', posix, 1, async (t) => {
      await t.file('a');
      await t.file('b');
      await t.me.call('link', 'b', 'c');
      await t.me.call('rename', 'a', 'b');
      return t.nlink('c');
    }),
    gives('of two names of one file does nothing', posix, ['a', 'b'], async (t) => {
      await t.file('a');
      await t.me.call('link', 'a', 'b');
      await t.me.call('rename', 'a', 'b');
      return t.me.names('.');
    }),
    gives('to its own name does nothing', posix, 'abc', async (t) => {
      await t.file('a', 'abc');
      await t.me.call('rename', 'a', 'a');
      return t.content('a');
    }),
    gives('moves a file into a directory', posix, [['d'], ['a']], async (t) => {
      await t.folder('d');
      await t.file('a');
      await t.me.call('rename', 'a', 'd/a');
      return [await t.me.names('.'), await t.me.names('d')];
    }),
    gives('moves a directory with what is in it', posix, 'abc', async (t) => {
      await t.folder('a');
      await t.file('a/f', 'abc');
      await t.folder('d');
      await t.me.call('rename', 'a', 'd/b');
      return t.content('d/b/f');
    }),
    gives('of a directory changes where .. leads', posix, true, async (t) => {
      await t.folder('a');
      await t.folder('d');
      await t.me.call('rename', 'a', 'd/a');
      return t.same('d/a/..', 'd');
    }),
    gives('of a directory moves a link from one parent to the other', posix, [2, 3], async (t) => {
      await t.folder('one');
      await t.folder('two');
      await t.folder('one/a');
      await t.me.call('rename', 'one/a', 'two/a');
      return [await t.nlink('one'), await t.nlink('two')];
    }),
    gives('of a directory is seen by a process in it', posix, true, async (t) => {
      await t.folder('a');
      await t.peer.call('chdir', 'a');
      await t.me.call('rename', 'a', 'b');
      await t.peer.call('mkdir', 'c', 0o755);
      return (await t.me.lstat('b/c')).type === 4;
    }),
    gives('replaces an empty directory', posix, ['f'], async (t) => {
      await t.folder('a');
      await t.file('a/f');
      await t.folder('b');
      await t.me.call('rename', 'a', 'b');
      return t.me.names('b');
    }),
    gives('of a link moves the link', posix, 'target', async (t) => {
      await t.me.call('symlink', 'target', 'a');
      await t.me.call('rename', 'a', 'b');
      return t.me.call('readlink', 'b');
    }),
    gives('replaces a link and not what it leads to', posix, ['abc', 'target'], async (t) => {
      await t.file('f', 'target');
      await t.me.call('symlink', 'f', 'b');
      await t.file('a', 'abc');
      await t.me.call('rename', 'a', 'b');
      return [await t.content('b'), await t.content('f')];
    }),
    ...(['mkfifo', 'bind'] as const).map((call) =>
      gives(`moves what ${call} made`, posix, true, async (t) => {
        await (call === 'mkfifo' ? t.me.call(call, 'a', 0o644) : t.me.call(call, 'a'));
        const { ino } = await t.me.lstat('a');
        await t.me.call('rename', 'a', 'b');
        return (await t.me.lstat('b')).ino === ino;
      }),
    ),
    gives('to a name of 255 bytes', posix, ['n'.repeat(255)], async (t) => {
      await t.file('a');
      await t.me.call('rename', 'a', 'n'.repeat(255));
      return t.me.names('.');
    }),
    gives('changes upper case into lower', posix, ['name'], async (t) => {
      await t.file('NAME');
      await t.me.call('rename', 'NAME', 'name');
      return t.me.names('.');
    }),
    gives('a slash after the names of directories is taken', posix, 4, async (t) => {
      await t.folder('a');
      await t.me.call('rename', 'a/', 'b/');
      return (await t.me.lstat('b')).type;
    }),
    gives('keeps a descriptor of the file', posix, 'abc', async (t) => {
      const fd = await t.opened('a', O_RDONLY, 'abc');
      await t.me.call('rename', 'a', 'b');
      return t.me.read(fd, 10);
    }),
    gives('keeps mode, owner, size and mtime', posix, true, async (t) => {
      await t.file('a', 'abc', 0o640);
      const before = await t.me.lstat('a');
      await t.me.call('rename', 'a', 'b');
      const after = await t.me.lstat('b');
      const kept = ['mode', 'uid', 'gid', 'size', 'mtime'] as const;
      return kept.every((field) => String(before[field]) === String(after[field]));
    }),
    gives('marks mtime and ctime of the old directory', posix, ['ctime', 'mtime'], async (t) => {
      await t.folder('d');
      await t.file('d/a');
      return t.marked('d', () => t.me.call('rename', 'd/a', 'b'));
    }),
    gives('marks mtime and ctime of the new directory', posix, ['ctime', 'mtime'], async (t) => {
      await t.folder('d');
      await t.file('a');
      return t.marked('d', () => t.me.call('rename', 'a', 'd/b'));
    }),
    gives('marks ctime of a file that it replaces', posix, ['ctime'], async (t) => {
      await t.file('a');
      await t.file('b');
      await t.me.call('link', 'b', 'c');
      return t.marked('c', () => t.me.call('rename', 'a', 'b'));
    }),
    gives('within one directory needs it once', posix, ['b'], async (t) => {
      await t.folder('d');
      await t.file('d/a');
      const fd = await t.me.open('d', O_RDONLY);
      await t.me.call('renameat', fd, 'a', fd, 'b');
      return t.me.names('d');
    }),
    refuses('EINVAL', 'a directory would get below itself', page, async (t) => {
      await t.folder('a');
      return t.me.call('rename', 'a', 'a/b');
    }),
    refuses('EINVAL', 'a directory would get far below itself', page, async (t) => {
      await t.folder('a');
      await t.folder('a/b');
      return t.me.call('rename', 'a', 'a/b/c');
    }),
    refuses('ENOTEMPTY', 'the new name is a directory above the old one', page, async (t) => {
      await t.folder('a');
      await t.folder('a/b');
      return t.me.call('rename', 'a/b', 'a');
    }),
    refuses('EBUSY', 'the old name ends with .', page, async (t) => {
      await t.folder('a');
      return t.me.call('rename', 'a/.', 'b');
    }),
    refuses('EBUSY', 'the new name ends with ..', page, async (t) => {
      await t.folder('a');
      await t.folder('b');
      return t.me.call('rename', 'a', 'b/..');
    }),
    refuses('EISDIR', 'a file would replace a directory', page, async (t) => {
      await t.file('a');
      await t.folder('b');
      return t.me.call('rename', 'a', 'b');
    }),
    refuses('ENOTDIR', 'a directory would replace a file', page, async (t) => {
      await t.folder('a');
      await t.file('b');
      return t.me.call('rename', 'a', 'b');
    }),
    refuses('ENOTDIR', 'a directory would replace a link to a directory', page, async (t) => {
      await t.folder('a');
      await t.folder('d');
      await t.me.call('symlink', 'd', 'b');
      return t.me.call('rename', 'a', 'b');
    }),
    refuses('ENOTEMPTY', 'the new name is a directory with something in it', page, async (t) => {
      await t.folder('a');
      await t.folder('b');
      await t.file('b/f');
      return t.me.call('rename', 'a', 'b');
    }),
    refuses('ENOTDIR', 'a slash follows the new name of a file', page, async (t) => {
      await t.file('a');
      return t.me.call('rename', 'a', 'b/');
    }),
    refuses('EXDEV', 'the new name is on another file system', page, async (t) => {
      await t.file('a');
      return t.me.call('rename', 'a', '/dev/sherin');
    }),
    // For root alone: a user may not write there, which the kernel refuses first.
    ...asRoot(
      ...contract(
        refuses('EXDEV', 'the new name is in another tree of the mount', 'the mount', async (t) => {
          await t.file('a');
          return t.me.call('rename', 'a', `${t.mount}/.sherin/name`);
        }),
      ),
    ),
    ...asUser(
      refuses('EACCES', 'the old directory may not be written', page, async (t) => {
        await t.folder('d');
        await t.file('d/a');
        await t.me.call('chmod', 'd', 0o555);
        return t.me.call('rename', 'd/a', 'b');
      }),
      refuses('EACCES', 'the new directory may not be written', page, async (t) => {
        await t.folder('d', 0o555);
        await t.file('a');
        return t.me.call('rename', 'a', 'd/b');
      }),
      refuses('EACCES', 'a directory that may not be written would get another parent', page, async (t) => {
        await t.folder('a', 0o555);
        await t.folder('d');
        return t.me.call('rename', 'a', 'd/a');
      }),
      gives(
        'a directory that may not be written keeps its parent and gets a name',
        page,
        ['b'],
        async (t) => {
          await t.folder('a', 0o555);
          await t.me.call('rename', 'a', 'b');
          return t.me.names('.');
        },
      ),
      gives('needs no permission on the file', page, ['b'], async (t) => {
        await t.file('a', '', 0, t.root);
        await t.me.call('rename', 'a', 'b');
        return t.me.names('.');
      }),
    ),
    ...asRoot(
      gives('by root needs no permission', 'capabilities(7)', ['b'], async (t) => {
        await t.folder('d');
        await t.file('d/a');
        await t.me.call('chmod', 'd', 0);
        await t.me.call('rename', 'd/a', 'd/b');
        return t.me.names('d');
      }),
    ),
  ],
  unprovoked: unprovoked(page, 'EDQUOT', 'EMLINK', 'ENOMEM', 'ENOSPC', 'EROFS'),
};
