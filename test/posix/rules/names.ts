import { longName, longPath } from '../path-refusals.js';
import { gives, type Operation, type Rule, refuses } from '../rule.js';

const source = 'path_resolution(7)';
/** The Greek letter omega, and omega as the sign of ohm: two names to a file system of bytes. */
const omegas = ['\xce\xa9', '\xe2\x84\xa6'];

const names: readonly (readonly [string, string])[] = [
  ['one byte', 'a'],
  ['255 bytes', longName],
  ['255 bytes of letters with two bytes each, and one', `${'\xc3\xbc'.repeat(127)}x`],
  ['a space at both ends', ' a '],
  ['a line break', 'a\nb'],
  ['a tab and an escape', 'a\t\x1b[0m'],
  ['a backslash', 'a\\b'],
  ['a colon, a star and a question mark', 'a:*?'],
  ['quotes', '\'"`'],
  ['a hyphen at the start', '-rf'],
  ['three dots', '...'],
  ['a dot at the start', '.hidden'],
  ['a dot at the end', 'end.'],
  ['a letter beyond ASCII', '\xc3\xbc'],
  ['a letter of four bytes', '\xf0\x9f\x90\x9f'],
  ['letters written from right to left', '\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d'],
  ['a byte order mark', '\xef\xbb\xbfa'],
  ['the byte 0x7f', '\x7f'],
  ['the byte 0x01', '\x01'],
  ['what Windows reserves', 'CON'],
  ['a tilde', 'a~1'],
];
const notUtf8: readonly (readonly [string, string])[] = [
  ['the byte 0xff', '\xff'],
  ['a byte that only continues', 'a\x80b'],
  ['a letter that is cut off', 'a\xc3'],
  ['a letter in more bytes than it needs', '\xc0\xaf'],
  ['half of a surrogate', '\xed\xa0\x80'],
  ['255 bytes that are not UTF-8', '\xfe'.repeat(255)],
];

function nameRules(name: string, bytes: string): Rule[] {
  return [
    gives(`a file may have a name of ${name}`, source, [[bytes], 'abc'], async (t) => {
      await t.file(bytes, 'abc');
      return [await t.me.names('.'), await t.content(bytes)];
    }),
  ];
}

export const nameBytes: Operation = {
  name: 'names and paths',
  rules: [
    ...[...names, ...notUtf8].flatMap(([name, bytes]) => nameRules(name, bytes)),
    ...notUtf8.slice(0, 2).flatMap(([name, bytes]) => [
      gives(`a directory may have a name of ${name}`, source, ['f'], async (t) => {
        await t.folder(bytes);
        await t.file(`${bytes}/f`);
        return t.me.names(bytes);
      }),
      gives(`a file is renamed to ${name} and removed`, source, [[bytes], []], async (t) => {
        await t.file('f');
        await t.me.call('rename', 'f', bytes);
        const before = await t.me.names('.');
        await t.me.call('unlink', bytes);
        return [before, await t.me.names('.')];
      }),
    ]),
    gives('two names that look alike are two', source, 2, async (t) => {
      for (const name of omegas) await t.file(name);
      return (await t.me.names('.')).length;
    }),
    gives('upper and lower case are two names', source, ['A', 'a'], async (t) => {
      await t.file('a');
      await t.file('A');
      return t.me.names('.');
    }),
    gives('a letter in one piece and in two are two names', source, 2, async (t) => {
      await t.file('\xc3\xbc');
      await t.file('u\xcc\x88');
      return (await t.me.names('.')).length;
    }),
    gives('a directory may have a name of 255 bytes', source, ['f'], async (t) => {
      await t.folder(longName);
      await t.file(`${longName}/f`);
      return t.me.names(longName);
    }),
    gives('a link may have a name of 255 bytes', source, 'target', async (t) => {
      await t.me.call('symlink', 'target', longName);
      return t.me.call('readlink', longName);
    }),
    gives('a path may have 4,095 bytes', source, 'abc', async (t) => {
      await t.file('f', 'abc');
      return t.content(longPath('f', 4095));
    }),
    refuses('ENAMETOOLONG', 'a path has 4,096 bytes', source, async (t) => {
      await t.file('f', 'abc');
      return t.content(longPath('f', 4096));
    }),
    gives('a file lies deeper than a path is long', source, 'abc', async (t) => {
      for (let level = 0; level < 20; level++) {
        await t.me.call('mkdir', longName, 0o755);
        await t.me.call('chdir', longName);
      }
      await t.file('f', 'abc');
      return t.content('f');
    }),
    gives('slashes in a row are one', source, 'abc', async (t) => {
      await t.folder('d');
      await t.file('d/f', 'abc');
      return t.content('d///f');
    }),
    gives('. on the way stays where it is', source, 'abc', async (t) => {
      await t.folder('d');
      await t.file('d/f', 'abc');
      return t.content('./d/././f');
    }),
    gives('.. on the way goes up', source, 'abc', async (t) => {
      await t.folder('d');
      await t.file('f', 'abc');
      return t.content('d/../f');
    }),
    refuses('ENOENT', '.. behind what does not exist', source, async (t) => {
      await t.file('f', 'abc');
      return t.content('missing/../f');
    }),
    refuses('ENOTDIR', '.. behind a file', source, async (t) => {
      await t.file('f', 'abc');
      return t.content('f/../f');
    }),
    gives('.. behind a link goes up from where it leads', source, 'abc', async (t) => {
      await t.folder('d');
      await t.folder('d/e');
      await t.file('d/f', 'abc');
      await t.me.call('symlink', 'd/e', 'l');
      return t.content('l/../f');
    }),
    refuses('ELOOP', 'a link leads to itself', source, async (t) => {
      await t.me.call('symlink', 'l', 'l');
      return t.me.stat('l');
    }),
    refuses('ELOOP', 'a link leads into a directory below itself', source, async (t) => {
      await t.me.call('symlink', 'l/l', 'l');
      return t.me.stat('l');
    }),
  ],
  unprovoked: [],
};
