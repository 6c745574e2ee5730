import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { posixDocument } from './document.js';
import { diskPlace, fuseNativePlace, nativePlace, tmpfsPlace } from './places.js';
import { operations } from './rules/index.js';

it('docs/posix.md is that of the rules', () => {
  const stored = readFileSync(new URL('../../docs/posix.md', import.meta.url), 'utf8');
  expect(
    stored === posixDocument(),
    'run: npm run build && node dist/test/posix/print-document.js > docs/posix.md',
  ).toBe(true);
});

it('every rule of an operation has a name of its own', () => {
  expect(new Set(operations.map(({ name }) => name)).size).toBe(operations.length);
  for (const { name, rules } of operations)
    expect(
      rules.map(({ text }) => text).filter((text, at, all) => all.indexOf(text) !== at),
      name,
    ).toEqual([]);
});

it.each([nativePlace, fuseNativePlace, diskPlace, tmpfsPlace])(
  'limits of $name are about rules',
  ({ limits }) => {
    for (const { operation, rules, reason } of limits) {
      const texts = operations.find(({ name }) => name === operation)?.rules.map(({ text }) => text) ?? [];
      expect(
        rules.filter((rule) => !texts.includes(rule)),
        reason,
      ).toEqual([]);
    }
  },
);

it('has many rules', () => {
  expect(operations.reduce((sum, { rules }) => sum + rules.length, 0)).toBeGreaterThan(700);
});
