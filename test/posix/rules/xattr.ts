import { noFile, nowhere, O_RDONLY, O_RDWR, XATTR_CREATE, XATTR_REPLACE } from '../constants.js';
import { pathRefusals } from '../path-refusals.js';
import { asRoot, asUser, contract, gives, type Operation, refuses, unprovoked } from '../rule.js';
import type { Scene } from '../scene.js';

const setPage = 'setxattr(2)';
const getPage = 'getxattr(2)';
const listPage = 'listxattr(2)';
const removePage = 'removexattr(2)';

function set(t: Scene, path: string, name: string, value: string, flags = 0): Promise<number> {
  return t.me.call('setxattr', path, name, value, value.length, flags);
}
function get(t: Scene, path: string, name: string): Promise<string> {
  return t.me.call('getxattr', path, name);
}
/** Names of the namespace `user`: a security module may add others. */
async function list(t: Scene, path: string, call = 'listxattr'): Promise<string[]> {
  const names = (await t.me.call<string>(call, path)).split('\0');
  return names.filter((name) => name.startsWith('user.')).sort();
}
async function set1(t: Scene, value: string): Promise<string> {
  await t.file('f');
  await set(t, 'f', 'user.a', value);
  return get(t, 'f', 'user.a');
}

const everyByte = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));

export const xattr: Operation = {
  name: 'extended attributes',
  rules: [
    ...pathRefusals({
      source: setPage,
      label: 'setxattr',
      follows: true,
      existing: true,
      call: (t, path) => t.me.call('setxattr', path, 'user.a', 'v', 1, 0),
    }),
    ...pathRefusals({
      source: getPage,
      label: 'getxattr',
      follows: true,
      existing: true,
      call: (t, path) => t.me.call('getxattr', path, 'user.a'),
    }),
    ...pathRefusals({
      source: listPage,
      label: 'listxattr',
      follows: true,
      existing: true,
      call: (t, path) => t.me.call('listxattr', path),
    }),
    ...pathRefusals({
      source: removePage,
      label: 'removexattr',
      follows: true,
      existing: true,
      call: (t, path) => t.me.call('removexattr', path, 'user.a'),
    }),
    gives('a value that was set is given', setPage, 'value', (t) => set1(t, 'value')),
    gives('a value may be empty', setPage, '', (t) => set1(t, '')),
    gives('a value may hold every byte', setPage, everyByte, (t) => set1(t, everyByte)),
    gives('a value may have 2,000 bytes', setPage, 'x'.repeat(2000), (t) => set1(t, 'x'.repeat(2000))),
    gives('a value is replaced', setPage, 'two', async (t) => {
      await set1(t, 'one');
      await set(t, 'f', 'user.a', 'two');
      return get(t, 'f', 'user.a');
    }),
    gives('a shorter value replaces a longer one whole', setPage, 's', async (t) => {
      await set1(t, 'longer');
      await set(t, 'f', 'user.a', 's');
      return get(t, 'f', 'user.a');
    }),
    gives('a name may have 255 bytes', 'xattr(7)', 'v', async (t) => {
      await t.file('f');
      const name = `user.${'n'.repeat(250)}`;
      await set(t, 'f', name, 'v');
      return get(t, 'f', name);
    }),
    gives('names differ in upper and lower case', 'xattr(7)', ['1', '2'], async (t) => {
      await t.file('f');
      await set(t, 'f', 'user.a', '1');
      await set(t, 'f', 'user.A', '2');
      return [await get(t, 'f', 'user.a'), await get(t, 'f', 'user.A')];
    }),
    gives('a name may have a dot, a space and a letter beyond ASCII', 'xattr(7)', 'v', async (t) => {
      await t.file('f');
      await set(t, 'f', 'user.a.b c\xc3\xbc', 'v');
      return get(t, 'f', 'user.a.b c\xc3\xbc');
    }),
    gives('a directory has attributes', setPage, 'v', async (t) => {
      await t.folder('d');
      await set(t, 'd', 'user.a', 'v');
      return get(t, 'd', 'user.a');
    }),
    gives('both names of a file show its attributes', setPage, 'v', async (t) => {
      await t.file('f');
      await t.me.call('link', 'f', 'g');
      await set(t, 'f', 'user.a', 'v');
      return get(t, 'g', 'user.a');
    }),
    gives('setxattr follows a link', setPage, 'v', async (t) => {
      await t.file('f');
      await t.me.call('symlink', 'f', 'l');
      await set(t, 'l', 'user.a', 'v');
      return get(t, 'f', 'user.a');
    }),
    gives('attributes go with a file that is renamed', setPage, 'v', async (t) => {
      await set1(t, 'v');
      await t.me.call('rename', 'f', 'g');
      return get(t, 'g', 'user.a');
    }),
    gives('fsetxattr and fgetxattr', setPage, 'v', async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.call('fsetxattr', fd, 'user.a', 'v', 1, 0);
      return t.me.call('fgetxattr', fd, 'user.a');
    }),
    gives('XATTR_CREATE makes an attribute', setPage, 'v', async (t) => {
      await t.file('f');
      await set(t, 'f', 'user.a', 'v', XATTR_CREATE);
      return get(t, 'f', 'user.a');
    }),
    gives('XATTR_REPLACE replaces an attribute', setPage, 'w', async (t) => {
      await set1(t, 'v');
      await set(t, 'f', 'user.a', 'w', XATTR_REPLACE);
      return get(t, 'f', 'user.a');
    }),
    gives('marks ctime alone', setPage, ['ctime'], async (t) => {
      await t.file('f');
      return t.marked('f', () => set(t, 'f', 'user.a', 'v'));
    }),
    gives('getxattr without a buffer gives the size', getPage, 5, async (t) => {
      await set1(t, 'value');
      return t.me.call('attribute_size', 'f', 'user.a');
    }),
    gives('getxattr marks nothing', getPage, [], async (t) => {
      await set1(t, 'v');
      return t.marked('f', () => get(t, 'f', 'user.a'));
    }),
    gives('listxattr names what was set', listPage, ['user.a', 'user.b'], async (t) => {
      await set1(t, '1');
      await set(t, 'f', 'user.b', '2');
      return list(t, 'f');
    }),
    gives('listxattr of a file without attributes', listPage, [], async (t) => {
      await t.file('f');
      return list(t, 'f');
    }),
    gives('listxattr without a buffer gives the size of the list', listPage, true, async (t) => {
      await set1(t, 'v');
      const names = await t.me.call<string>('listxattr', 'f');
      return (await t.me.call('attributes_size', 'f')) === names.length;
    }),
    gives('llistxattr of a link names nothing', listPage, [], async (t) => {
      await t.file('f');
      await set(t, 'f', 'user.a', 'v');
      await t.me.call('symlink', 'f', 'l');
      return list(t, 'l', 'llistxattr');
    }),
    gives('flistxattr names what was set', listPage, true, async (t) => {
      const fd = await t.opened('f', O_RDWR);
      await t.me.call('fsetxattr', fd, 'user.a', 'v', 1, 0);
      return (await t.me.call<string>('flistxattr', fd)).includes('user.a\0');
    }),
    gives('thirty attributes are listed', listPage, 30, async (t) => {
      await t.file('f');
      for (let at = 0; at < 30; at++) await set(t, 'f', `user.a${at}`, 'v');
      return (await list(t, 'f')).length;
    }),
    gives('removexattr takes an attribute', removePage, [], async (t) => {
      await set1(t, 'v');
      await t.me.call('removexattr', 'f', 'user.a');
      return list(t, 'f');
    }),
    gives('removexattr leaves the others', removePage, ['user.b'], async (t) => {
      await set1(t, 'v');
      await set(t, 'f', 'user.b', 'v');
      await t.me.call('removexattr', 'f', 'user.a');
      return list(t, 'f');
    }),
    gives('removexattr marks ctime alone', removePage, ['ctime'], async (t) => {
      await set1(t, 'v');
      return t.marked('f', () => t.me.call('removexattr', 'f', 'user.a'));
    }),
    gives('fremovexattr takes an attribute', removePage, [], async (t) => {
      await set1(t, 'v');
      await t.me.call('fremovexattr', await t.me.open('f', O_RDWR), 'user.a');
      return list(t, 'f');
    }),
    refuses('EEXIST', 'XATTR_CREATE and the attribute exists', setPage, async (t) => {
      await set1(t, 'v');
      return set(t, 'f', 'user.a', 'w', XATTR_CREATE);
    }),
    refuses('ENODATA', 'XATTR_REPLACE and the attribute does not exist', setPage, async (t) => {
      await t.file('f');
      return set(t, 'f', 'user.a', 'v', XATTR_REPLACE);
    }),
    refuses('ENODATA', 'getxattr of what does not exist', getPage, async (t) => {
      await t.file('f');
      return get(t, 'f', 'user.a');
    }),
    refuses('ENODATA', 'getxattr of what was removed', getPage, async (t) => {
      await set1(t, 'v');
      await t.me.call('removexattr', 'f', 'user.a');
      return get(t, 'f', 'user.a');
    }),
    refuses('ENODATA', 'removexattr of what does not exist', removePage, async (t) => {
      await t.file('f');
      return t.me.call('removexattr', 'f', 'user.a');
    }),
    refuses('ERANGE', 'getxattr into too small a buffer', getPage, async (t) => {
      await set1(t, 'value');
      return t.me.call('getxattr', 'f', 'user.a', 4);
    }),
    refuses('ERANGE', 'listxattr into too small a buffer', listPage, async (t) => {
      await set1(t, 'v');
      return t.me.call('listxattr', 'f', 3);
    }),
    refuses('ERANGE', 'the name has 256 bytes', setPage, async (t) => {
      await t.file('f');
      return set(t, 'f', `user.${'n'.repeat(251)}`, 'v');
    }),
    refuses('ERANGE', 'the name is empty', setPage, async (t) => {
      await t.file('f');
      return set(t, 'f', '', 'v');
    }),
    refuses('E2BIG', 'the value has 65,537 bytes', setPage, async (t) => {
      await t.file('f');
      return set(t, 'f', 'user.a', 'x'.repeat(65_537));
    }),
    refuses('EINVAL', 'setxattr: a flag that there is not', setPage, async (t) => {
      await t.file('f');
      return set(t, 'f', 'user.a', 'v', 4);
    }),
    refuses('EINVAL', 'the name is a namespace alone', setPage, async (t) => {
      await t.file('f');
      return set(t, 'f', 'user.', 'v');
    }),
    refuses('EOPNOTSUPP', 'setxattr: the namespace does not exist', setPage, async (t) => {
      await t.file('f');
      return set(t, 'f', 'unknown.a', 'v');
    }),
    refuses('EOPNOTSUPP', 'setxattr: there is no namespace', setPage, async (t) => {
      await t.file('f');
      return set(t, 'f', 'a', 'v');
    }),
    refuses('EFAULT', 'setxattr: the name lies outside of the memory of the process', setPage, async (t) => {
      await t.file('f');
      return t.me.call('setxattr', 'f', nowhere, 'v', 1, 0);
    }),
    refuses('EFAULT', 'setxattr: the value lies outside of the memory of the process', setPage, async (t) => {
      await t.file('f');
      return t.me.call('setxattr', 'f', 'user.a', nowhere, 10, 0);
    }),
    refuses('EBADF', 'fsetxattr: the descriptor is not open', setPage, (t) =>
      t.me.call('fsetxattr', noFile, 'user.a', 'v', 1, 0),
    ),
    refuses('EBADF', 'fgetxattr: the descriptor is not open', getPage, (t) =>
      t.me.call('fgetxattr', noFile, 'user.a'),
    ),
    refuses('EBADF', 'flistxattr: the descriptor is not open', listPage, (t) =>
      t.me.call('flistxattr', noFile),
    ),
    refuses('EBADF', 'fremovexattr: the descriptor is not open', removePage, (t) =>
      t.me.call('fremovexattr', noFile, 'user.a'),
    ),
    refuses('EPERM', 'a user attribute of a link itself', 'xattr(7)', async (t) => {
      await t.me.call('symlink', 'missing', 'l');
      return t.me.call('lsetxattr', 'l', 'user.a', 'v', 1, 0);
    }),
    refuses('EPERM', 'a user attribute of a FIFO', 'xattr(7)', async (t) => {
      await t.me.call('mkfifo', 'p', 0o644);
      return set(t, 'p', 'user.a', 'v');
    }),
    ...asUser(
      refuses('EACCES', 'setxattr: the file may not be written', 'xattr(7)', async (t) => {
        await t.file('f', '', 0o444);
        return set(t, 'f', 'user.a', 'v');
      }),
      refuses('EACCES', 'getxattr: the file may not be read', 'xattr(7)', async (t) => {
        await set1(t, 'v');
        await t.me.call('chmod', 'f', 0o200);
        return get(t, 'f', 'user.a');
      }),
      refuses('EACCES', 'removexattr: the file may not be written', 'xattr(7)', async (t) => {
        await set1(t, 'v');
        await t.me.call('chmod', 'f', 0o444);
        return t.me.call('removexattr', 'f', 'user.a');
      }),
      gives(
        'fsetxattr through a descriptor for reading of a file that may be written',
        'xattr(7)',
        'v',
        async (t) => {
          const fd = await t.opened('f', O_RDONLY);
          await t.me.call('fsetxattr', fd, 'user.a', 'v', 1, 0);
          return get(t, 'f', 'user.a');
        },
      ),
      refuses('EPERM', 'a user attribute of a sticky directory of someone else', 'xattr(7)', async (t) => {
        await t.folder('d', 0o777, t.root);
        await t.root.call('chmod', 'd', 0o1777);
        return set(t, 'd', 'user.a', 'v');
      }),
      refuses('EPERM', 'a trusted attribute without privilege', 'xattr(7)', async (t) => {
        await t.file('f');
        return set(t, 'f', 'trusted.a', 'v');
      }),
      refuses('ENODATA', 'a trusted attribute is read without privilege', 'xattr(7)', async (t) => {
        await t.file('f');
        return get(t, 'f', 'trusted.a');
      }),
    ),
    ...asRoot(
      gives('a trusted attribute of root', 'xattr(7)', 'v', async (t) => {
        await t.file('f');
        await set(t, 'f', 'trusted.a', 'v');
        return get(t, 'f', 'trusted.a');
      }),
      ...contract(
        refuses('EOPNOTSUPP', 'a trusted attribute is set by root', 'the mount', async (t) => {
          await t.file('f');
          return set(t, 'f', 'trusted.a', 'v');
        }),
      ),
    ),
    ...contract(
      gives('names and values of a file may have 65,536 bytes in all', 'the mount', 2, async (t) => {
        await t.file('f');
        await set(t, 'f', 'user.a', 'x'.repeat(32_768 - 7));
        await set(t, 'f', 'user.b', 'x'.repeat(32_768 - 7));
        return (await list(t, 'f')).length;
      }),
      refuses('ENOSPC', 'names and values of a file have 65,537 bytes', 'the mount', async (t) => {
        await t.file('f');
        await set(t, 'f', 'user.a', 'x'.repeat(32_768 - 7));
        return set(t, 'f', 'user.b', 'x'.repeat(32_768 - 6));
      }),
      refuses('EOPNOTSUPP', 'an access ACL is set', 'the mount', async (t) => {
        await t.file('f');
        return set(t, 'f', 'system.posix_acl_access', '\x02\0\0\0');
      }),
      refuses('EOPNOTSUPP', 'a default ACL is set', 'the mount', async (t) => {
        await t.folder('d');
        return set(t, 'd', 'system.posix_acl_default', '\x02\0\0\0');
      }),
      gives('user.sherin.id is there', 'the mount', true, async (t) => {
        await t.file('f', 'abc');
        return (await get(t, 'f', 'user.sherin.id')).length > 0;
      }),
      gives('user.sherin.* is not listed', 'the mount', [], async (t) => {
        await t.file('f', 'abc');
        return list(t, 'f');
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked(setPage, 'EDQUOT'),
    { errno: 'ENOSPC', source: setPage, why: 'of a full disk: test/vault/full-disk.test.ts has one' },
    { errno: 'EPERM', source: setPage, why: 'for attributes of chattr(1), which the mount has not' },
    { errno: 'E2BIG', source: getPage, why: 'no value is larger than the kernel takes' },
    { errno: 'E2BIG', source: listPage, why: 'a file system need not take as many names' },
  ],
};
