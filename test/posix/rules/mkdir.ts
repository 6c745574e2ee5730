import { O_RDONLY } from '../constants.js';
import { atRefusals, pathRefusals } from '../path-refusals.js';
import { asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';
import { sharedGroup } from '../scene.js';

const page = 'mkdir(2)';
const posix = 'POSIX mkdir()';

export const mkdir: Operation = {
  name: 'mkdir',
  rules: [
    ...pathRefusals({ source: page, call: (t, path) => t.me.call('mkdir', path, 0o755) }),
    ...atRefusals(page, 'mkdirat', (process, fd, path) => process.call('mkdirat', fd, path, 0o755)),
    gives('makes a directory with two links', posix, [4, 2], async (t) => {
      await t.folder('d');
      const { type, nlink } = await t.me.lstat('d');
      return [type, nlink];
    }),
    gives('makes an empty directory', posix, [], async (t) => {
      await t.folder('d');
      return t.me.names('d');
    }),
    ...[0, 0o700, 0o755, 0o777, 0o1777].map((mode) =>
      gives(`the mode 0${mode.toString(8)} is that of the new directory`, page, mode, async (t) => {
        await t.folder('d', mode);
        return t.mode('d');
      }),
    ),
    gives('the umask is taken from the mode', posix, 0o750, async (t) => {
      await t.me.call('umask', 0o027);
      await t.folder('d', 0o777);
      return t.mode('d');
    }),
    gives('owner and group are those of the process', posix, true, async (t) => {
      await t.folder('d');
      const { uid, gid } = await t.me.lstat('d');
      return uid === t.me.uid && gid === t.me.gid;
    }),
    gives(
      'in a directory with setgid the group and setgid are passed on',
      page,
      [sharedGroup, 0o2755],
      async (t) => {
        await t.folder('d');
        await t.me.call('chown', 'd', -1, sharedGroup);
        await t.me.call('chmod', 'd', 0o2755);
        await t.folder('d/e');
        const { gid, mode } = await t.me.lstat('d/e');
        return [gid, mode];
      },
    ),
    gives('adds a link to the parent', posix, 3, async (t) => {
      await t.folder('d');
      await t.folder('d/e');
      return t.nlink('d');
    }),
    gives('. is the directory itself', posix, true, async (t) => {
      await t.folder('d');
      return t.same('d/.', 'd');
    }),
    gives('.. is the parent', posix, true, async (t) => {
      await t.folder('d');
      return t.same('d/..', '.');
    }),
    gives('marks mtime and ctime of the parent', posix, ['ctime', 'mtime'], (t) =>
      t.marked('.', () => t.folder('d')),
    ),
    gives('the name may end with a slash', posix, 4, async (t) => {
      await t.me.call('mkdir', 'd/', 0o755);
      return (await t.me.lstat('d')).type;
    }),
    gives('mkdirat starts at the directory of the descriptor', posix, ['e'], async (t) => {
      await t.folder('d');
      await t.me.call('mkdirat', await t.me.open('d', O_RDONLY), 'e', 0o755);
      return t.me.names('d');
    }),
    gives('of two processes that make one directory one succeeds', posix, 1, async (t) => {
      const tries = [t.me, t.peer].map((process) => process.call('mkdir', 'd', 0o755));
      return (await Promise.allSettled(tries)).filter(({ status }) => status === 'fulfilled').length;
    }),
    gives('makes a hundred levels', posix, 4, async (t) => {
      for (let level = 0; level < 100; level++) {
        await t.me.call('mkdir', 'level', 0o755);
        await t.me.call('chdir', 'level');
      }
      return (await t.me.lstat('.')).type;
    }),
    refuses('EEXIST', 'a directory has the name', page, async (t) => {
      await t.folder('d');
      return t.me.call('mkdir', 'd', 0o755);
    }),
    refuses('EEXIST', 'a file has the name', page, async (t) => {
      await t.file('d');
      return t.me.call('mkdir', 'd', 0o755);
    }),
    refuses('EEXIST', 'a link has the name', page, async (t) => {
      await t.folder('target');
      await t.me.call('symlink', 'target', 'd');
      return t.me.call('mkdir', 'd', 0o755);
    }),
    refuses('EEXIST', 'a dangling link has the name', page, async (t) => {
      await t.me.call('symlink', 'missing', 'd');
      return t.me.call('mkdir', 'd', 0o755);
    }),
    refuses('EEXIST', 'the path is .', page, (t) => t.me.call('mkdir', '.', 0o755)),
    refuses('EEXIST', 'the path is ..', page, (t) => t.me.call('mkdir', '..', 0o755)),
    refuses('EEXIST', 'the path is /', page, (t) => t.me.call('mkdir', '/', 0o755)),
    ...asUser(
      refuses('EACCES', 'the parent may not be written', page, async (t) => {
        await t.folder('d', 0o555);
        return t.me.call('mkdir', 'd/e', 0o755);
      }),
      refuses('EACCES', 'the parent is someone else’s', page, async (t) => {
        await t.folder('d', 0o755, t.root);
        return t.me.call('mkdir', 'd/e', 0o755);
      }),
      gives('the group of the parent may write', page, 4, async (t) => {
        await t.folder('d', 0o775, t.root);
        await t.root.call('chown', 'd', 0, sharedGroup);
        await t.folder('d/e');
        return (await t.me.lstat('d/e')).type;
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EDQUOT', 'EMLINK', 'ENOMEM', 'ENOSPC', 'EROFS'),
    {
      errno: 'EINVAL',
      source: page,
      why: 'is about names that a file system does not take; every name is taken',
    },
    { errno: 'EPERM', source: page, why: 'is about file systems without directories' },
  ],
};
