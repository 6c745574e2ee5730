import { AT_FDCWD, noFile, O_RDONLY } from '../constants.js';
import { atRefusals, pathRefusals } from '../path-refusals.js';
import { asRoot, asUser, gives, type Operation, refuses, unprovoked } from '../rule.js';
import { sharedGroup } from '../scene.js';

const page = 'chmod(2)';
const posix = 'POSIX chmod()';

export const chmod: Operation = {
  name: 'chmod',
  rules: [
    ...pathRefusals({
      source: page,
      follows: true,
      existing: true,
      call: (t, path) => t.me.call('chmod', path, 0o600),
    }),
    ...atRefusals(page, 'fchmodat', (process, fd, path) => process.call('fchmodat', fd, path, 0o600, 0)),
    ...[0, 0o1, 0o10, 0o100, 0o124, 0o600, 0o777, 0o1000, 0o2010, 0o4100, 0o7777].map((mode) =>
      gives(`sets the mode 0${mode.toString(8)} of a file`, posix, mode, async (t) => {
        await t.file('f');
        await t.me.call('chmod', 'f', mode);
        return t.mode('f');
      }),
    ),
    ...[0, 0o700, 0o1777, 0o2755, 0o7777].map((mode) =>
      gives(`sets the mode 0${mode.toString(8)} of a directory`, posix, mode, async (t) => {
        await t.folder('d');
        await t.me.call('chmod', 'd', mode);
        return t.mode('d');
      }),
    ),
    gives('of a FIFO', posix, 0o600, async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      await t.me.call('chmod', 'p', 0o600);
      return t.mode('p');
    }),
    gives('of a socket', posix, 0o600, async (t) => {
      await t.me.call('bind', 's');
      await t.me.call('chmod', 's', 0o600);
      return t.mode('s');
    }),
    gives('follows a link', posix, [0o600, 0o777], async (t) => {
      await t.file('f');
      await t.me.call('symlink', 'f', 'l');
      await t.me.call('chmod', 'l', 0o600);
      return [await t.mode('f'), await t.mode('l')];
    }),
    gives('keeps the type', posix, 4, async (t) => {
      await t.folder('d');
      await t.me.call('chmod', 'd', 0o600);
      return (await t.me.lstat('d')).type;
    }),
    gives('keeps the content', posix, 'abc', async (t) => {
      await t.file('f', 'abc');
      await t.me.call('chmod', 'f', 0o600);
      return t.content('f');
    }),
    gives('marks ctime alone', posix, ['ctime'], async (t) => {
      await t.file('f');
      return t.marked('f', () => t.me.call('chmod', 'f', 0o600));
    }),
    gives('does not mark the directory', posix, [], async (t) => {
      await t.file('f');
      return t.marked('.', () => t.me.call('chmod', 'f', 0o600));
    }),
    gives('fchmod sets the mode', 'POSIX fchmod()', 0o640, async (t) => {
      await t.me.call('fchmod', await t.opened('f', O_RDONLY), 0o640);
      return t.mode('f');
    }),
    gives('fchmod of a directory', 'POSIX fchmod()', 0o700, async (t) => {
      await t.folder('d');
      await t.me.call('fchmod', await t.me.open('d', O_RDONLY), 0o700);
      return t.mode('d');
    }),
    gives('is seen at once by another process', posix, 0o600, async (t) => {
      await t.file('f');
      await t.peer.lstat('f');
      await t.me.call('chmod', 'f', 0o600);
      return (await t.peer.lstat('f')).mode;
    }),
    refuses('EBADF', 'fchmod: the descriptor is not open', page, (t) => t.me.call('fchmod', noFile, 0o600)),
    refuses('EBADF', 'fchmod: the descriptor is one of O_PATH', 'open(2)', async (t) =>
      t.me.call('fchmod', await t.opened('f', 0o10000000), 0o600),
    ),
    refuses('EINVAL', 'fchmodat: a flag that there is not', page, async (t) => {
      await t.file('f');
      return t.me.call('fchmodat', AT_FDCWD, 'f', 0o600, 1);
    }),
    refuses('EOPNOTSUPP', 'fchmodat: AT_SYMLINK_NOFOLLOW of a link', page, async (t) => {
      await t.me.call('symlink', 'target', 'l');
      return t.me.call('fchmodat', AT_FDCWD, 'l', 0o600, 0x100);
    }),
    ...asUser(
      refuses('EPERM', 'the file is root’s', page, async (t) => {
        await t.file('f', '', 0o666, t.root);
        return t.me.call('chmod', 'f', 0o777);
      }),
      refuses('EPERM', 'the file is another user’s, though the group is one’s own', page, async (t) => {
        await t.file('f', '', 0o666, t.root);
        await t.root.call('chown', 'f', t.other.uid, t.me.gid);
        return t.me.call('chmod', 'f', 0o777);
      }),
      refuses('EPERM', 'fchmod: the file is someone else’s', page, async (t) => {
        await t.file('f', '', 0o666, t.root);
        return t.me.call('fchmod', await t.me.open('f', O_RDONLY), 0o777);
      }),
      gives('by the owner needs no permission on the file', page, 0o644, async (t) => {
        await t.file('f', '', 0);
        await t.me.call('chmod', 'f', 0o644);
        return t.mode('f');
      }),
      gives('setgid for a group that one is not in is left out', posix, 0o755, async (t) => {
        await t.file('f');
        await t.root.call('chown', 'f', t.me.uid, 0);
        await t.me.call('chmod', 'f', 0o2755);
        return t.mode('f');
      }),
      gives('setgid for a supplementary group is set', posix, 0o2755, async (t) => {
        await t.file('f');
        await t.me.call('chown', 'f', -1, sharedGroup);
        await t.me.call('chmod', 'f', 0o2755);
        return t.mode('f');
      }),
      gives('the sticky bit of a file is set by anybody', page, 0o1644, async (t) => {
        await t.file('f');
        await t.me.call('chmod', 'f', 0o1644);
        return t.mode('f');
      }),
    ),
    ...asRoot(
      gives('by root of a file of someone else', page, 0o640, async (t) => {
        await t.file('f', '', 0o644);
        await t.me.call('chown', 'f', t.other.uid, t.other.gid);
        await t.me.call('chmod', 'f', 0o640);
        return t.mode('f');
      }),
      gives('by root sets setgid for any group', page, 0o2755, async (t) => {
        await t.file('f');
        await t.me.call('chown', 'f', t.other.uid, t.other.gid);
        await t.me.call('chmod', 'f', 0o2755);
        return t.mode('f');
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(page, 'EIO', 'ENOMEM', 'EROFS'),
    { errno: 'EPERM', source: page, why: 'for attributes of chattr(1), which the mount has not' },
  ],
};
