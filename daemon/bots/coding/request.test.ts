import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filesLimit, parseRequest, requestLimit } from './request.js';

const parse = (text: string) => parseRequest(Buffer.from(text));
const least = 'language: python\n--- test_a.py\nimport a\n';

test('settings, the program and its tests', () => {
  expect(
    parse(
      '# A sum\n\nlanguage: python\nseconds: 7\n\n--- a.py\nx = 1\n\n--- test_a.py\nimport a\n--- data.txt\n1\n',
    ),
  ).toEqual({
    request: {
      language: 'python',
      seconds: 7,
      program: [
        { name: 'a.py', text: 'x = 1\n' },
        { name: 'data.txt', text: '1\n' },
      ],
      tests: [{ name: 'test_a.py', text: 'import a\n' }],
    },
  });
});

test('lines may end as on Windows', () => {
  expect(parse(least.replaceAll('\n', '\r\n'))).toEqual(parse(least));
});

describe('refuses', () => {
  test.each([
    ['nothing', '', 'no-language'],
    ['no language', '--- test_a.py\n', 'no-language'],
    ['another language', 'language: cobol\n--- test_a.py\n', 'unknown-language'],
    ['an unknown setting', `colour: red\n${least}`, 'bad-setting'],
    ['a setting twice', `language: python\n${least}`, 'bad-setting'],
    ['words before the first file', `Please test this.\n${least}`, 'bad-setting'],
    ['no time', `seconds: 0\n${least}`, 'bad-setting'],
    ['much time', `seconds: 21\n${least}`, 'bad-setting'],
    ['half a second', `seconds: 0.5\n${least}`, 'bad-setting'],
    ['no tests', 'language: python\n--- a.py\n', 'no-tests'],
    ['tests of another language', 'language: c\n--- test_a.py\n', 'no-tests'],
    ['a folder', `${least}--- a/b.py\n`, 'bad-file-name'],
    ['a step upwards', `${least}--- ..\n`, 'bad-file-name'],
    ['a hidden file', `${least}--- .profile\n`, 'bad-file-name'],
    ['an option', `${least}--- -o.c\n`, 'bad-file-name'],
    ['a long name', `${least}--- ${'a'.repeat(65)}\n`, 'bad-file-name'],
    ['the name of the bot’s own file', `${least}--- check.h\n`, 'bad-file-name'],
    ['a name twice', `${least}--- test_a.py\n`, 'same-name'],
    [
      'many files',
      least + Array.from({ length: filesLimit }, (_, at) => `--- ${at}\n`).join(''),
      'too-many-files',
    ],
    ['more than the limit', least + 'x'.repeat(requestLimit), 'too-long'],
    ['a zero byte', `${least}\0`, 'not-text'],
  ])('%s', (_, text, error) => {
    expect(parse(text)).toEqual({ error });
  });

  test('what is no UTF-8', () => {
    expect(parseRequest(Buffer.from([0xff, 0xfe]))).toEqual({ error: 'not-text' });
  });
});

test('any bytes are a request within the bounds, or an error that has a name', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'language: c',
      'language: python',
      'seconds: 3',
      '--- test_a.c',
      '--- test_a.py',
      '--- a.c',
      '--- ../x',
    ),
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(line, { maxLength: 30 }).map((lines) => Buffer.from(lines.join('\n'))),
  );
  fc.assert(
    fc.property(bytes, (content) => {
      const parsed = parseRequest(Buffer.from(content));
      if ('error' in parsed) {
        expect(parsed.error).toMatch(/^[a-z][a-z0-9-]{0,31}$/);
        return;
      }
      const { program, tests, seconds } = parsed.request;
      const names = [...program, ...tests].map(({ name }) => name);
      expect(tests.length).toBeGreaterThan(0);
      expect(names.length).toBeLessThanOrEqual(filesLimit);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/);
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(20);
    }),
  );
});

test('files come back as they were given', () => {
  const name = fc.stringMatching(/^[a-z]{1,8}\.py$/).filter((text) => !text.startsWith('test_'));
  const text = fc
    .array(fc.string().filter((line) => !/[\r\n\0]/.test(line) && !line.startsWith('--- ')))
    .map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(fc.dictionary(name, text, { maxKeys: filesLimit - 1 }), (files) => {
      const written = Object.entries(files).map(([file, content]) => `--- ${file}\n${content}\n`);
      const parsed = parse(`${least}${written.join('')}`);
      if ('error' in parsed) throw new Error(parsed.error);
      expect(parsed.request.program).toEqual(
        Object.entries(files).map(([file, content]) => ({ name: file, text: `${content.trimEnd()}\n` })),
      );
    }),
  );
});
