import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { errorTable, SherinError } from './errors.js';
import { shellWord } from './shell-word.js';

const words = [
  '/a/b-c_1.txt',
  '',
  'a b',
  "it's",
  '"',
  '$HOME',
  '`id`',
  'a\nb',
  '*',
  '~',
  '\\',
  'naïve',
  ';|&',
];

test.each(words)('a shell reads %j back as it was', (word) => {
  const { stdout } = spawnSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' });
  expect(stdout).toBe(word);
});

test('what needs no quotes has none', () => {
  expect(shellWord('/var/lib/sherin-2/a_b.txt@2')).toBe('/var/lib/sherin-2/a_b.txt@2');
});

test('a path in a command that an error names is one word of it', () => {
  const error = (path: string): string => new SherinError('VAULT_MISSING', { path }).hint;
  expect(error('/a')).toBe('make one with: sherinctl init /a');
  expect(error("/my vault's")).toBe(`make one with: sherinctl init '/my vault'\\''s'`);
  for (const { hint } of Object.values(errorTable)) expect(hint).not.toContain('{path}');
});
