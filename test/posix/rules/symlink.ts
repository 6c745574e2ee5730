import { AT_FDCWD, noFile, nowhere, O_RDONLY } from '../constants.js';
import { atRefusals, longName, pathRefusals } from '../path-refusals.js';
import { asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';

const page = 'symlink(2)';
const posix = 'POSIX symlink()';

/** A chain of links, each to the next, to a file. */
const chain = async (
  t: Parameters<Operation['rules'][number]['see']>[0],
  length: number,
): Promise<string> => {
  await t.file('end', 'abc');
  for (let at = 1; at <= length; at++)
    await t.me.call('symlink', at === length ? 'end' : `l${at + 1}`, `l${at}`);
  return t.content('l1');
};

export const symlink: Operation = {
  name: 'symlink',
  rules: [
    ...pathRefusals({ source: page, call: (t, path) => t.me.call('symlink', 'target', path) }),
    ...atRefusals(page, 'symlinkat', (process, fd, path) => process.call('symlinkat', 'target', fd, path)),
    gives('makes a link with one link', posix, [0o12, 1], async (t) => {
      await t.me.call('symlink', 'target', 'l');
      const { type, nlink } = await t.me.lstat('l');
      return [type, nlink];
    }),
    gives('the size is the length of the target', 'POSIX lstat()', 6, async (t) => {
      await t.me.call('symlink', 'target', 'l');
      return t.size('l');
    }),
    gives('the mode is 0777 whatever the umask', page, 0o777, async (t) => {
      await t.me.call('umask', 0o077);
      await t.me.call('symlink', 'target', 'l');
      return t.mode('l');
    }),
    gives('owner and group are those of the process', posix, true, async (t) => {
      await t.me.call('symlink', 'target', 'l');
      const { uid, gid } = await t.me.lstat('l');
      return uid === t.me.uid && gid === t.me.gid;
    }),
    gives('marks mtime and ctime of the directory', posix, ['ctime', 'mtime'], (t) =>
      t.marked('.', () => t.me.call('symlink', 'target', 'l')),
    ),
    gives('an absolute target is followed', posix, 'abc', async (t) => {
      await t.file('f', 'abc');
      await t.me.call('symlink', `${t.path}/f`, 'l');
      return t.content('l');
    }),
    gives('a relative target starts at the directory of the link', posix, 'abc', async (t) => {
      await t.folder('d');
      await t.file('d/f', 'abc');
      await t.me.call('symlink', 'f', 'd/l');
      return t.content('d/l');
    }),
    gives('a target with .. is followed', posix, 'abc', async (t) => {
      await t.folder('d');
      await t.file('f', 'abc');
      await t.me.call('symlink', '../f', 'd/l');
      return t.content('d/l');
    }),
    gives('a link that led nowhere leads to what is made later', posix, 'abc', async (t) => {
      await t.me.call('symlink', 'f', 'l');
      await t.me.stat('l').catch(() => undefined);
      await t.file('f', 'abc');
      return t.content('l');
    }),
    gives('40 links in a row are followed', 'path_resolution(7)', 'abc', (t) => chain(t, 40)),
    refuses('ELOOP', '41 links in a row are followed', 'path_resolution(7)', (t) => chain(t, 41)),
    gives('symlinkat starts at the directory of the descriptor', page, ['l'], async (t) => {
      await t.folder('d');
      await t.me.call('symlinkat', 'target', await t.me.open('d', O_RDONLY), 'l');
      return t.me.names('d');
    }),
    refuses('EEXIST', 'a file has the name', page, async (t) => {
      await t.file('l');
      return t.me.call('symlink', 'target', 'l');
    }),
    refuses('EEXIST', 'a directory has the name', page, async (t) => {
      await t.folder('l');
      return t.me.call('symlink', 'target', 'l');
    }),
    refuses('EEXIST', 'a dangling link has the name', page, async (t) => {
      await t.me.call('symlink', 'missing', 'l');
      return t.me.call('symlink', 'target', 'l');
    }),
    refuses('ENOENT', 'the target is empty', page, (t) => t.me.call('symlink', '', 'l')),
    refuses('ENAMETOOLONG', 'the target has 4,096 bytes', page, (t) =>
      t.me.call('symlink', 'a/'.repeat(2048), 'l'),
    ),
    refuses('EFAULT', 'the target lies outside of the memory of the process', page, (t) =>
      t.me.call('symlink', nowhere, 'l'),
    ),
    ...asUser(
      refuses('EACCES', 'the directory may not be written', page, async (t) => {
        await t.folder('d', 0o555);
        return t.me.call('symlink', 'target', 'd/l');
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EDQUOT', 'EIO', 'ENOMEM', 'ENOSPC', 'EROFS'),
    { errno: 'EPERM', source: page, why: 'is about file systems without links' },
  ],
};

const manual = 'readlink(2)';

export const readlink: Operation = {
  name: 'readlink',
  rules: [
    ...pathRefusals({ source: manual, existing: true, call: (t, path) => t.me.call('readlink', path) }),
    ...atRefusals(manual, 'readlinkat', (process, fd, path) => process.call('readlinkat', fd, path)),
    ...(
      [
        ['a name', 'target'],
        ['a path that is not in its shortest form', './/a/../b/.'],
        ['a path of 255 bytes', longName],
        ['a path of 4,095 bytes', 'x'.repeat(4095)],
        ['bytes that are not UTF-8', '\xff\xfe\x80'],
        ['a space and a line break', ' \n'],
      ] as const
    ).map(([name, target]) =>
      gives(`gives ${name} as it was written`, 'POSIX readlink()', target, async (t) => {
        await t.me.call('symlink', target, 'l');
        return t.me.call('readlink', 'l');
      }),
    ),
    gives('gives as much as fits', manual, 'tar', async (t) => {
      await t.me.call('symlink', 'target', 'l');
      return t.me.call('readlink', 'l', 3);
    }),
    gives('gives the target of a link that leads nowhere', manual, 'missing', async (t) => {
      await t.me.call('symlink', 'missing', 'l');
      return t.me.call('readlink', 'l');
    }),
    gives('marks neither mtime nor ctime', 'POSIX readlink()', true, async (t) => {
      await t.me.call('symlink', 'target', 'l');
      const marked = await t.marked('l', () => t.me.call('readlink', 'l'));
      return !marked.includes('mtime') && !marked.includes('ctime');
    }),
    refuses('EINVAL', 'it is a file', manual, async (t) => {
      await t.file('f');
      return t.me.call('readlink', 'f');
    }),
    refuses('EINVAL', 'it is a directory', manual, async (t) => {
      await t.folder('d');
      return t.me.call('readlink', 'd');
    }),
    refuses('EINVAL', 'there is no room for a byte', manual, async (t) => {
      await t.me.call('symlink', 'target', 'l');
      return t.me.call('readlink', 'l', 0);
    }),
    refuses('EBADF', 'readlinkat: the descriptor is not open and the path empty', manual, (t) =>
      t.me.call('readlinkat', noFile, ''),
    ),
    gives('readlinkat at AT_FDCWD starts at the current directory', manual, 'target', async (t) => {
      await t.me.call('symlink', 'target', 'l');
      return t.me.call('readlinkat', AT_FDCWD, 'l');
    }),
    ...asUser(
      gives('needs no permission on the link', manual, 'target', async (t) => {
        await t.root.call('symlink', 'target', 'l');
        return t.me.call('readlink', 'l');
      }),
    ),
  ],
  unprovoked: unprovoked(manual, 'EIO', 'ENOMEM'),
};
