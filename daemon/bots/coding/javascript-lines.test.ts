import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf } from './javascript-lines.js';

const codeOf = (text: string) => [...linesOf(text, []).code];

test('lines of nothing but comments, brackets or space hold no code', () => {
  expect(codeOf('a();\n// b();\n\n/* c();\n   d(); */ e();\n};\n  f(); // g\n')).toEqual([1, 5, 7]);
});

test('what looks like a comment in a string is code', () => {
  expect(codeOf('x = "/*";\ny();\nz = `//\n/* still a string\n`;\n\'"\'; // c\nlast();')).toEqual([
    1, 2, 3, 4, 5, 6, 7,
  ]);
});

test('a range within another decides, and a line has run if any of it has', () => {
  const text = 'function f(a) {\n  if (a) return 1;\n  return 2;\n}\nf(1);\n';
  const { run } = linesOf(text, [
    [0, text.length, 1],
    [0, text.indexOf('f(1)') - 1, 1],
    [text.indexOf('\n  return 2'), text.indexOf('}'), 0],
  ]);
  expect([...run]).toEqual([1, 2, 5]);
});

test('any text, and ranges that do not fit it, give lines of it', () => {
  const range = fc.tuple(fc.integer(), fc.integer(), fc.integer());
  const part = fc.oneof(fc.string(), fc.constantFrom('/*', '*/', '//', '`', '"', "'", '\\', '\n'));
  fc.assert(
    fc.property(fc.array(part), fc.array(range), (parts, ranges) => {
      const text = parts.join('');
      const { code, run } = linesOf(text, ranges);
      for (const line of code) expect(line).toBeLessThanOrEqual(text.split('\n').length);
      for (const line of run) expect(code).toContain(line);
    }),
  );
});

test('a long text that opens much and closes nothing is done at once', () => {
  for (const open of ['/*', '`\\', '"\\', '\'"`/*'])
    expect(linesOf(open.repeat(120_000), []).run.size).toBe(0);
});
