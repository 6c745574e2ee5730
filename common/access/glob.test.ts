import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, globFault, matchesGlob, matchesUnits, reachesGlob } from './glob.js';

function matches(pattern: string, path: string): boolean {
  expect(globFault(pattern)).toBeNull();
  return matchesGlob(compileGlob(pattern), path === '' ? [] : path.split('/'));
}

describe('a glob', () => {
  it.each([
    ['a/b', 'a/b'],
    ['a/*', 'a/b'],
    ['a/*', 'a/.hidden'],
    ['a/**', 'a'],
    ['a/**', 'a/b/c'],
    ['**', ''],
    ['**/c', 'c'],
    ['**/c', 'a/b/c'],
    ['a/**/c', 'a/c'],
    ['a/**/c/**/e', 'a/c/b/c/d/e'],
    ['*.txt', 'notes.txt'],
    ['a*b*c', 'aXbXbc'],
    ['a*c', 'abcc'],
    ['*\udc80', 'x\udc80'],
    ['?', '😀'],
    ['*?', 'é'],
    ['\\*', '*'],
    ['\\?\\\\', '?\\'],
    ['a.c', 'a.c'],
    ['[ab]', '[ab]'],
    ['x\udc80*', 'x\udc80y'],
  ])('%j matches %j', (pattern, path) => expect(matches(pattern, path)).toBe(true));

  it.each([
    ['a/b', 'a'],
    ['a/b', 'a/b/c'],
    ['a/*', 'a'],
    ['a/*', 'a/b/c'],
    ['a/**', 'ab'],
    ['**/c', 'a/cc'],
    ['*', ''],
    ['ab*ba', 'aba'],
    ['a/**/a', 'a'],
    ['**/a/**/a', 'a'],
    ['?', ''],
    ['?', 'ab'],
    ['??', '😀'],
    ['*\ude00', '😀'],
    ['a.c', 'abc'],
    ['[ab]', 'a'],
    ['A', 'a'],
    ['\\*', 'a'],
  ])('%j does not match %j', (pattern, path) => expect(matches(pattern, path)).toBe(false));

  it.each(['', '/a', 'a/', 'a//b', '.', 'a/../b', 'a**', '\\**', '**b/c', 'a\\', 'a\\/b', '\\\\\\'])(
    '%j is none',
    (text) => expect(globFault(text)).not.toBeNull(),
  );

  const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '😀'), minLength: 1, maxLength: 6 });
  const path = fc.array(fc.oneof(fc.constantFrom('a', 'b'), name), { maxLength: 5 });
  const part = fc.oneof(
    fc.constantFrom('**', 'a', 'b'),
    fc
      .string({ unit: fc.constantFrom('a', 'b', '*', '?', '😀'), minLength: 1, maxLength: 5 })
      .filter((text) => !text.includes('**')),
  );
  const pattern = fc.array(part, { minLength: 1, maxLength: 5 });

  it('matches what its definition says', () => {
    fc.assert(
      fc.property(pattern, path, (parts, names) => {
        const glob = compileGlob(parts.join('/'));
        expect(matchesGlob(glob, names)).toBe(defined(parts, names, definedName, '**'));
      }),
      { numRuns: 5000 },
    );
  });

  it('of a path as it stands, its specials behind backslashes, matches this path only', () => {
    const names = fc.array(fc.stringMatching(/^[^/.\0]{1,8}$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(names, names, (one, other) => {
        const text = one.join('/').replace(/[\\*?]/g, '\\$&');
        expect(matches(text, one.join('/'))).toBe(true);
        expect(matches(text, other.join('/'))).toBe(one.join('/') === other.join('/'));
      }),
    );
  });
});

describe('a glob reaches', () => {
  it('a path where it can match something there or below', () => {
    const part = fc.constantFrom('a', 'b', '*', '?', '**');
    const names = fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), names, names, (parts, above, below) => {
        const glob = compileGlob(parts.join('/'));
        if (matchesGlob(glob, [...above, ...below])) expect(reachesGlob(glob, above)).toBe(true);
      }),
    );
  });

  it.each([
    ['a/**', 'b', false],
    ['a/b', 'a/c', false],
    ['a/b', 'a/b/c', false],
    ['a/*/c', 'a/b', true],
    ['**/c', 'a/b', true],
    ['a/b', '', true],
  ])('%s: below %j %s', (pattern, path, reaches) => {
    expect(reachesGlob(compileGlob(pattern), path === '' ? [] : path.split('/'))).toBe(reaches);
  });
});

describe('hostile names', () => {
  it('cost no more steps within a name than its length times that of the pattern', () => {
    for (const text of ['*a*a*a*a*a*a*a*b', '*aaaaaaaaaaaaaaaab*c', '*?*?*?*?*?*?*b', '*a?a?a?a?a?b']) {
      const [part] = compileGlob(text).parts;
      const name = new Counted('a'.repeat(255));
      if (!Array.isArray(part)) throw new Error(`${text} has another form`);
      expect(matchesUnits(part, name)).toBe(false);
      expect(name.reads).toBeLessThan(4 * name.length * text.length);
    }
  });

  it('cost no more names read than the length of the path times that of the pattern', () => {
    for (const text of ['**/a/**/a/**/a/**/a/**/b', '**/a/a/a/a/a/a/a/b', '**/*/**/*/**/*/b']) {
      const glob = compileGlob(text);
      let reads = 0;
      const path = new Proxy(
        Array.from({ length: 2000 }, () => 'a'),
        {
          get: (names, key) => {
            if (key !== 'length') reads++;
            return Reflect.get(names, key) as unknown;
          },
        },
      );
      expect(matchesGlob(glob, path)).toBe(false);
      expect(reads).toBeGreaterThan(0);
      expect(reads).toBeLessThan(2 * path.length * glob.parts.length);
    }
  });
});

/** A name that counts how often its units are read. */
class Counted {
  reads = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }
  get length(): number {
    return this.#text.length;
  }
  charCodeAt(at: number): number {
    this.reads++;
    return this.#text.charCodeAt(at);
  }
}

/** The definition: `many` matches any number of items, others match one each as `same` says. */
function defined<T>(
  pattern: readonly T[],
  items: readonly T[],
  same: (wanted: T, item: T) => boolean,
  many: T,
): boolean {
  const [wanted, ...rest] = pattern;
  if (wanted === undefined) return items.length === 0;
  if (wanted === many) {
    return items.length === 0
      ? defined(rest, items, same, many)
      : defined(rest, items, same, many) || defined(pattern, items.slice(1), same, many);
  }
  const [item, ...others] = items;
  return item !== undefined && same(wanted, item) && defined(rest, others, same, many);
}

function definedName(pattern: string, name: string): boolean {
  return defined([...pattern], [...name], (wanted, item) => wanted === '?' || wanted === item, '*');
}
