/** Files that somebody crafted, or that are damaged: any file of the vault can be named as a collection. */
import { readFileSync, writeFileSync } from 'node:fs';
import type Database from 'better-sqlite3-multiple-ciphers';
import { afterAll, expect, test } from 'vitest';
import { defineCollection } from '../../../common/collection.js';
import { answer } from './answer.js';
import { addon, Collections, idOf } from './collection.fixture.js';
import { openCollection } from './open.js';

const collections = new Collections();
afterAll(() => collections.remove());

const ask = (path: string) => answer({ question: 'where is the snark?', collections: [path] }, addon);
const refused = { error: 'not-a-collection' };

type Change = (db: Database.Database) => void;
const sql =
  (text: string): Change =>
  (db) => {
    db.exec(text);
  };

test.each<[string, Change]>([
  ['a trigger', sql('CREATE TRIGGER t AFTER INSERT ON object BEGIN SELECT 1; END')],
  ['a view', sql('CREATE VIEW more AS SELECT load_extension(id) FROM object')],
  ['an index by an expression', sql('CREATE INDEX more ON object (length(path))')],
  ['a table', sql('CREATE TABLE more (a)')],
  ['a column', sql('ALTER TABLE object ADD COLUMN more TEXT')],
  ['another virtual table', sql('CREATE VIRTUAL TABLE more USING fts5(a)')],
  [
    'a view in the place of its objects',
    sql('DROP TABLE object; CREATE VIEW object AS SELECT 1 AS id, randomblob(9) AS path'),
  ],
  ['another number of its format', sql('PRAGMA user_version = 2')],
  ['no number of its program', sql('PRAGMA application_id = 0')],
  ['a write-ahead log', (db) => db.pragma('journal_mode = WAL')],
  [
    'a schema written by hand',
    (db) => {
      db.pragma('writable_schema = ON');
      db.exec("UPDATE sqlite_schema SET sql = replace(sql, 'porter', 'trigram') WHERE name = 'passage'");
    },
  ],
])('a collection with %s is none', (_, change) => {
  expect(ask(collections.of(['A snark'], change))).toEqual(refused);
});

test('a table that only looks like the index is none', () => {
  const path = collections.database((db) => {
    defineCollection(db);
    db.exec('DROP TABLE passage; CREATE TABLE passage (place, title, text, object, start, end, rank)');
  });
  expect(ask(path)).toEqual(refused);
});

test.each<[string, string | Buffer]>([
  ['nothing', ''],
  ['text', 'A snark'],
  ['a header alone', 'SQLite format 3\0'],
  ['a header and noise', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(65_536, 0xa5)])],
])('a file of %s is none', (_, content) => {
  const path = collections.path();
  writeFileSync(path, content);
  expect(ask(path)).toEqual(refused);
});

test.each<[string, string]>([
  [
    'an ID that is none',
    "UPDATE object SET id = '../../../etc/passwd'; UPDATE passage SET object = '../../../etc/passwd'",
  ],
  ['a range of other length', 'UPDATE passage SET end = 5'],
  ['a range before the file', 'UPDATE passage SET start = -1, end = start + length(text) - 1'],
  ['a range that is no number', "UPDATE passage SET start = 'a'"],
  ['an unknown encoding', "UPDATE object SET encoding = 'exec'"],
  ['an unknown charset', "UPDATE object SET charset = 'utf-7'"],
  ['a path without end', "UPDATE object SET path = replace(hex(zeroblob(9000)), '0', 'a')"],
  ['no passages', 'UPDATE object SET first = 2, last = 1'],
])('a passage with %s is not told', (_, change) => {
  expect(ask(collections.of(['A snark'], sql(change)))).toEqual({ error: 'nothing-found' });
});

test('texts without end are not told', () => {
  expect(ask(collections.of([`A snark ${'and on '.repeat(100_000)}`]))).toEqual({ error: 'nothing-found' });
});

test('a ranking of its own is not used', () => {
  const path = collections.of(
    ['A snark'],
    sql("INSERT INTO passage (passage, rank) VALUES ('rank', 'snippet(2, 3, 4, 5, 6)')"),
  );
  expect(ask(path)).toHaveProperty('content');
});

test('one that is open can not be written to, and runs nothing of its own', () => {
  const db = openCollection(collections.of(['A snark']), addon);
  if (db === null) throw new Error('it is one');
  expect(() => db.exec("INSERT INTO object VALUES ('a', 'b', 'c', 'd', 1, 2)")).toThrow(/readonly/);
  expect(() => db.exec('CREATE TABLE more (a)')).toThrow(/readonly/);
  for (const [name, value] of Object.entries({ query_only: 1, trusted_schema: 0, cell_size_check: 1 }))
    expect(db.pragma(name, { simple: true })).toBe(value);
  db.close();
});

test('damage anywhere in the file ends in an answer or an error', () => {
  const whole = readFileSync(
    collections.of(Array.from({ length: 200 }, (_, at) => `Snark ${at} `.repeat(20))),
  );
  const said = new Set<string>();
  let random = 7;
  const next = (below: number) => {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
    return random % below;
  };
  for (let round = 0; round < 150; round++) {
    const bytes = Buffer.from(whole);
    for (let flips = 1 + next(20); flips > 0; flips--) bytes[next(bytes.length)] = next(256);
    const path = collections.path();
    writeFileSync(path, round % 3 === 0 ? bytes.subarray(0, next(bytes.length)) : bytes);
    const answered = ask(path);
    said.add('error' in answered ? answered.error : 'content');
    if ('content' in answered) {
      const { passages } = JSON.parse(answered.content) as { passages: { id: string }[] };
      const known = Array.from({ length: 200 }, (_, at) => idOf(at + 1));
      expect(passages.every(({ id }) => /^[A-Z0-9-]+_\d{8}_[0-9a-f]{32}$/.test(id))).toBe(true);
      expect(passages.some(({ id }) => known.includes(id))).toBe(true);
    }
  }
  expect([...said]).toContain('content');
  expect([...said]).toContain('not-a-collection');
}, 120_000);
