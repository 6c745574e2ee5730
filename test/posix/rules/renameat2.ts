import { AT_FDCWD, O_RDONLY, RENAME_EXCHANGE, RENAME_NOREPLACE, RENAME_WHITEOUT } from '../constants.js';
import { asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';
import type { Scene } from '../scene.js';

const page = 'rename(2)';

function renamed(t: Scene, from: string, to: string, flags: number): Promise<number> {
  return t.me.call('renameat2', AT_FDCWD, from, AT_FDCWD, to, flags);
}
const exchanged = (t: Scene, one: string, two: string) => renamed(t, one, two, RENAME_EXCHANGE);
const moved = (t: Scene, from: string, to: string) => renamed(t, from, to, RENAME_NOREPLACE);

export const renameat2: Operation = {
  name: 'renameat2',
  rules: [
    gives('without flags renames', page, ['b'], async (t) => {
      await t.file('a');
      await renamed(t, 'a', 'b', 0);
      return t.me.names('.');
    }),
    gives('NOREPLACE renames to a free name', page, 'abc', async (t) => {
      await t.file('a', 'abc');
      await moved(t, 'a', 'b');
      return t.content('b');
    }),
    gives('NOREPLACE moves a directory', page, ['a'], async (t) => {
      await t.folder('a');
      await t.folder('d');
      await moved(t, 'a', 'd/a');
      return t.me.names('d');
    }),
    refuses('EEXIST', 'NOREPLACE and the new name is a file', page, async (t) => {
      await t.file('a');
      await t.file('b');
      return moved(t, 'a', 'b');
    }),
    refuses('EEXIST', 'NOREPLACE and the new name is an empty directory', page, async (t) => {
      await t.folder('a');
      await t.folder('b');
      return moved(t, 'a', 'b');
    }),
    refuses('EEXIST', 'NOREPLACE and the new name is a link that leads nowhere', page, async (t) => {
      await t.file('a');
      await t.me.call('symlink', 'missing', 'b');
      return moved(t, 'a', 'b');
    }),
    refuses('EEXIST', 'NOREPLACE and both names are one file', page, async (t) => {
      await t.file('a');
      await t.me.call('link', 'a', 'b');
      return moved(t, 'a', 'b');
    }),
    refuses('EEXIST', 'NOREPLACE and both names are the same', page, async (t) => {
      await t.file('a');
      return moved(t, 'a', 'a');
    }),
    gives('NOREPLACE that is refused changes nothing', page, ['abc', 'other'], async (t) => {
      await t.file('a', 'abc');
      await t.file('b', 'other');
      await moved(t, 'a', 'b').catch(() => undefined);
      return [await t.content('a'), await t.content('b')];
    }),
    refuses('ENOENT', 'NOREPLACE and the old name does not exist', page, (t) => moved(t, 'a', 'b')),
    gives('EXCHANGE exchanges two files', page, ['two', 'one'], async (t) => {
      await t.file('a', 'one');
      await t.file('b', 'two');
      await exchanged(t, 'a', 'b');
      return [await t.content('a'), await t.content('b')];
    }),
    gives('EXCHANGE exchanges a file and a directory', page, [4, 'abc'], async (t) => {
      await t.file('a', 'abc');
      await t.folder('b');
      await exchanged(t, 'a', 'b');
      return [(await t.me.lstat('a')).type, await t.content('b')];
    }),
    gives('EXCHANGE exchanges directories with something in them', page, [['g'], ['f']], async (t) => {
      await t.folder('a');
      await t.file('a/f');
      await t.folder('b');
      await t.file('b/g');
      await exchanged(t, 'a', 'b');
      return [await t.me.names('a'), await t.me.names('b')];
    }),
    gives('EXCHANGE exchanges links, not what they lead to', page, ['two', 'one'], async (t) => {
      await t.me.call('symlink', 'one', 'a');
      await t.me.call('symlink', 'two', 'b');
      await exchanged(t, 'a', 'b');
      return [await t.me.call('readlink', 'a'), await t.me.call('readlink', 'b')];
    }),
    gives('EXCHANGE across directories moves links of parents', page, [2, 3], async (t) => {
      await t.folder('one');
      await t.folder('two');
      await t.folder('one/a');
      await t.file('two/b');
      await exchanged(t, 'one/a', 'two/b');
      return [await t.nlink('one'), await t.nlink('two')];
    }),
    gives('EXCHANGE across directories changes where .. leads', page, true, async (t) => {
      await t.folder('one');
      await t.folder('two');
      await t.folder('one/a');
      await t.folder('two/b');
      await exchanged(t, 'one/a', 'two/b');
      return (await t.same('two/b/..', 'two')) && (await t.same('one/a/..', 'one'));
    }),
    gives('EXCHANGE with itself does nothing', page, 'abc', async (t) => {
      await t.file('a', 'abc');
      await exchanged(t, 'a', 'a');
      return t.content('a');
    }),
    gives('EXCHANGE keeps descriptors', page, 'one', async (t) => {
      const fd = await t.opened('a', O_RDONLY, 'one');
      await t.file('b', 'two');
      await exchanged(t, 'a', 'b');
      return t.me.read(fd, 10);
    }),
    gives(
      'EXCHANGE marks mtime and ctime of both directories',
      page,
      [
        ['ctime', 'mtime'],
        ['ctime', 'mtime'],
      ],
      async (t) => {
        await t.folder('one');
        await t.folder('two');
        await t.file('one/a');
        await t.file('two/b');
        const swap = () => exchanged(t, 'one/a', 'two/b');
        return [await t.marked('one', swap), await t.marked('two', swap)];
      },
    ),
    refuses('ENOENT', 'EXCHANGE and the new name does not exist', page, async (t) => {
      await t.file('a');
      return exchanged(t, 'a', 'b');
    }),
    refuses('ENOENT', 'EXCHANGE and the old name does not exist', page, async (t) => {
      await t.file('b');
      return exchanged(t, 'a', 'b');
    }),
    refuses('EINVAL', 'EXCHANGE and one is a directory above the other', page, async (t) => {
      await t.folder('a');
      await t.folder('a/b');
      return exchanged(t, 'a', 'a/b');
    }),
    refuses('EINVAL', 'EXCHANGE the other way and one is a directory above the other', page, async (t) => {
      await t.folder('a');
      await t.folder('a/b');
      return exchanged(t, 'a/b', 'a');
    }),
    refuses('EINVAL', 'a flag that there is not', page, async (t) => {
      await t.file('a');
      return renamed(t, 'a', 'b', 64);
    }),
    refuses('EINVAL', 'NOREPLACE together with EXCHANGE', page, async (t) => {
      await t.file('a');
      await t.file('b');
      return renamed(t, 'a', 'b', RENAME_NOREPLACE | RENAME_EXCHANGE);
    }),
    refuses('EINVAL', 'WHITEOUT together with EXCHANGE', page, async (t) => {
      await t.file('a');
      await t.file('b');
      return renamed(t, 'a', 'b', RENAME_WHITEOUT | RENAME_EXCHANGE);
    }),
    ...asUser(
      refuses('EACCES', 'EXCHANGE and one directory may not be written', page, async (t) => {
        await t.file('a');
        await t.folder('d');
        await t.file('d/b');
        await t.me.call('chmod', 'd', 0o555);
        return exchanged(t, 'a', 'd/b');
      }),
      refuses('EACCES', 'EXCHANGE and a directory that may not be written would move', page, async (t) => {
        await t.folder('a', 0o555);
        await t.folder('d');
        await t.file('d/b');
        return exchanged(t, 'a', 'd/b');
      }),
      refuses('EPERM', 'EXCHANGE in a sticky directory with a file of someone else', page, async (t) => {
        await t.folder('d', 0o777, t.root);
        await t.root.call('chmod', 'd', 0o1777);
        await t.file('d/a');
        await t.file('d/b', '', 0o644, t.root);
        return exchanged(t, 'd/a', 'd/b');
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EIO', 'ENOSPC'),
    { errno: 'EPERM', source: page, why: 'RENAME_WHITEOUT alone is for file systems that lie over others' },
  ],
};
