import Database from 'better-sqlite3-multiple-ciphers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { queryOf, wordsOf } from './question.js';

test.each([
  ['How do I stop bash from beeping?', ['stop', 'bash', 'beeping']],
  ['bash, BASH & Bash', ['bash']],
  ['Größe der Datei', ['größe', 'der', 'datei']],
  ['what is it?', ['what', 'is', 'it']],
  ['/etc/apt.conf', ['etc', 'apt', 'conf']],
  ['?! —', []],
  [' ', []],
])('%j → %j', (question, words) => {
  expect(wordsOf(question)).toEqual(words);
});

test('a long question has a bound', () => {
  expect(wordsOf(Array.from({ length: 1_000 }, (_, at) => `word${at}`).join(' '))).toHaveLength(24);
  expect(wordsOf(`short ${'x'.repeat(65)}`)).toEqual(['short']);
});

test('whatever is asked, FTS5 takes it as words', () => {
  const db = new Database(':memory:');
  db.exec("CREATE VIRTUAL TABLE passage USING fts5(text, tokenize = 'porter unicode61')");
  const ask = db.prepare('SELECT count(*) FROM passage WHERE passage MATCH ?').pluck();
  const signs = fc.constantFrom(
    '"',
    "'",
    '*',
    '^',
    ':',
    '(',
    ')',
    '-',
    '+',
    '{',
    '}',
    'AND',
    'OR',
    'NOT',
    'NEAR',
    'text',
    ' ',
    '\0',
  );
  const question = fc.array(fc.oneof(signs, fc.string({ unit: 'binary' })), { maxLength: 20 });
  fc.assert(
    fc.property(question, (parts) => {
      const words = wordsOf(parts.join(''));
      if (words.length > 0) expect(ask.get(queryOf(words))).toBe(0);
    }),
    { numRuns: 500 },
  );
  db.close();
});
