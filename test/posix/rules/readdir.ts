import { noFile, O_RDONLY, type } from '../constants.js';
import { pathRefusals } from '../path-refusals.js';
import { asUser, gives, type Operation, type Rule, refuses, unprovoked } from '../rule.js';
import type { Scene } from '../scene.js';

const page = 'readdir(3)';
const posix = 'POSIX readdir()';
/** More files than one answer of the kernel tells. */
const many = 400;

type Entry = readonly [ino: string, type: number, name: string];

function stream(t: Scene, path = '.'): Promise<number> {
  return t.me.call('opendir', path);
}
async function rest(t: Scene, directory: number): Promise<string[]> {
  return (await t.me.call<Entry[]>('rest', directory)).map(([, , name]) => name).sort();
}
const kinds: readonly (readonly [string, number, (t: Scene) => Promise<unknown>])[] = [
  ['a file', type.file, (t) => t.file('n')],
  ['a directory', type.directory, (t) => t.folder('n')],
  ['a link', type.link, (t) => t.me.call('symlink', 'missing', 'n')],
  ['a FIFO', type.fifo, (t) => t.me.call('mkfifo', 'n', 0o644)],
  ['a socket', type.socket, (t) => t.me.call('bind', 'n')],
];

const entryRules: readonly Rule[] = kinds.map(([name, kind, make]) =>
  gives(`tells type and inode number of ${name} as lstat does`, page, [true, true], async (t) => {
    await make(t);
    const entries = await t.me.call<Entry[]>('rest', await stream(t));
    const [ino, shown] = entries.find(([, , entry]) => entry === 'n') ?? ['', -1];
    // A file system may say that it does not know.
    return [shown === kind || shown === 0, ino === (await t.me.lstat('n')).ino];
  }),
);

export const readdir: Operation = {
  name: 'opendir, readdir, telldir, seekdir, rewinddir',
  rules: [
    ...pathRefusals({
      source: 'opendir(3)',
      follows: true,
      existing: true,
      unsafe: true,
      call: (t, path) => t.me.call('opendir', path),
    }),
    gives('an empty directory has . and ..', posix, ['.', '..'], async (t) => rest(t, await stream(t))),
    gives('every name is given once', posix, true, async (t) => {
      await t.me.call('fill', many);
      const names = await rest(t, await stream(t));
      return names.length === many + 2 && new Set(names).size === many + 2;
    }),
    ...entryRules,
    gives('. has the inode number of the directory', page, true, async (t) => {
      const entries = await t.me.call<Entry[]>('rest', await stream(t));
      return entries.find(([, , name]) => name === '.')?.[0] === (await t.me.lstat('.')).ino;
    }),
    gives('a name that was added is given to who starts afterwards', posix, ['f'], async (t) => {
      await t.me.names('.');
      await t.file('f');
      return t.me.names('.');
    }),
    gives('a name that was added by another process is given', posix, ['f'], async (t) => {
      await t.me.names('.');
      await t.file('f', '', 0o644, t.peer);
      return t.me.names('.');
    }),
    gives('a name that was taken is not given', posix, [], async (t) => {
      await t.file('f');
      await t.me.names('.');
      await t.me.call('unlink', 'f');
      return t.me.names('.');
    }),
    gives('names that stay are given once while others come and go', posix, true, async (t) => {
      await t.me.call('fill', many);
      const seen = (await t.me.call<string[]>('read_while_changing', 100)).filter((name) =>
        name.startsWith('f'),
      );
      return seen.length === many && new Set(seen).size === many;
    }),
    gives('everything is taken away while it is read', posix, [], async (t) => {
      await t.me.call('fill', many);
      await t.me.call('take_while_reading');
      return t.me.names('.');
    }),
    gives('rewinddir starts again', 'POSIX rewinddir()', true, async (t) => {
      await t.me.call('fill', 20);
      const directory = await stream(t);
      const first = await rest(t, directory);
      await t.me.call('rewinddir', directory);
      return String(await rest(t, directory)) === String(first);
    }),
    gives('rewinddir shows what was added', 'POSIX rewinddir()', true, async (t) => {
      const directory = await stream(t);
      await rest(t, directory);
      await t.file('f');
      await t.me.call('rewinddir', directory);
      return (await rest(t, directory)).includes('f');
    }),
    gives('seekdir to what telldir told goes on there', 'POSIX seekdir()', true, async (t) => {
      await t.me.call('fill', 20);
      const directory = await stream(t);
      for (let at = 0; at < 5; at++) await t.me.call('readdir', directory);
      const place = await t.me.call<number | bigint>('telldir', directory);
      const first = await rest(t, directory);
      await t.me.call('seekdir', directory, place);
      return String(await rest(t, directory)) === String(first);
    }),
    gives('seekdir across answers of the kernel goes on there', 'POSIX seekdir()', true, async (t) => {
      await t.me.call('fill', many);
      const directory = await stream(t);
      for (let at = 0; at < 5; at++) await t.me.call('readdir', directory);
      const place = await t.me.call<number | bigint>('telldir', directory);
      const first = await rest(t, directory);
      await t.me.call('seekdir', directory, place);
      return String(await rest(t, directory)) === String(first);
    }),
    gives('telldir tells another place for each name', 'POSIX telldir()', 20, async (t) => {
      await t.me.call('fill', 18);
      const directory = await stream(t);
      const places = new Set<string>();
      for (;;) {
        places.add(String(await t.me.call('telldir', directory)));
        if ((await t.me.call('readdir', directory)) === null) break;
      }
      // The last place may be that of the end.
      return Math.min(places.size, 20);
    }),
    gives('two streams of a directory do not disturb each other', posix, true, async (t) => {
      await t.me.call('fill', 20);
      const [one, two] = [await stream(t), await stream(t)];
      await t.me.call('readdir', one);
      return (await rest(t, two)).length === 22;
    }),
    gives('a directory that was removed gives no names of files', posix, true, async (t) => {
      await t.folder('d');
      const directory = await stream(t, 'd');
      await t.me.call('rmdir', 'd');
      return (await rest(t, directory)).every((name) => name === '.' || name === '..');
    }),
    gives('follows a link', posix, ['f'], async (t) => {
      await t.folder('d');
      await t.file('d/f');
      await t.me.call('symlink', 'd', 'l');
      return t.me.names('l');
    }),
    gives('fdopendir reads the directory of a descriptor', 'POSIX fdopendir()', true, async (t) => {
      await t.file('f');
      const directory = await t.me.call('fdopendir', await t.me.open('.', O_RDONLY));
      return (await rest(t, directory)).includes('f');
    }),
    gives('marks neither mtime nor ctime', posix, true, async (t) => {
      await t.file('f');
      const marked = await t.marked('.', () => t.me.names('.'));
      return !marked.includes('mtime') && !marked.includes('ctime');
    }),
    gives('marks the access time', posix, ['atime'], async (t) => {
      await t.folder('d');
      await t.file('d/f');
      return t.marked('d', () => t.me.names('d'));
    }),
    refuses('ENOTDIR', 'it is a file', 'opendir(3)', async (t) => {
      await t.file('f');
      return stream(t, 'f');
    }),
    refuses('EBADF', 'fdopendir: the descriptor is not open', 'opendir(3)', (t) =>
      t.me.call('fdopendir', noFile),
    ),
    refuses('ENOTDIR', 'fdopendir: the descriptor is one of a file', 'opendir(3)', async (t) =>
      t.me.call('fdopendir', await t.opened('f', O_RDONLY)),
    ),
    refuses('EMFILE', 'the process has as many files open as it may', 'opendir(3)', async (t) => {
      await t.me.call('limit', 'RLIMIT_NOFILE', 3);
      return stream(t);
    }),
    ...asUser(
      refuses('EACCES', 'the directory may not be read', 'opendir(3)', async (t) => {
        await t.folder('d', 0o300);
        return stream(t, 'd');
      }),
      gives('a stream that is open goes on when read permission goes', posix, true, async (t) => {
        await t.folder('d');
        await t.file('d/f');
        const directory = await stream(t, 'd');
        await t.me.call('chmod', 'd', 0);
        return (await rest(t, directory)).includes('f');
      }),
    ),
  ],
  unprovoked: [
    ...unprovoked('opendir(3)', 'ENFILE', 'ENOMEM'),
    { errno: 'EBADF', source: page, why: 'what is no stream is no matter of the file system' },
  ],
};
