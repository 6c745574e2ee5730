import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CollectionDraft } from './draft.js';
import { textOf } from './text.js';

let folder: string;
let collection: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-collection-'));
  collection = join(folder, 'letters');
});
afterEach(() => rmSync(folder, { recursive: true }));

const idOf = (number: number) => `FILES_20260131_${number.toString(16).padStart(32, '0')}`;

function write(change: (draft: CollectionDraft) => void): void {
  const draft = CollectionDraft.begin(collection);
  change(draft);
  draft.finish();
}

function add(draft: CollectionDraft, number: number, words: string): void {
  const text = textOf(Buffer.from(words));
  if (text === null) throw new Error('no text');
  draft.add({ id: idOf(number), path: `files/letters/${number}` }, text);
}

function found(word: string): unknown[] {
  const db = new Database(collection, { readonly: true });
  try {
    return db.prepare('SELECT object FROM passage WHERE passage MATCH ?').pluck().all(word);
  } finally {
    db.close();
  }
}

const refusal = (part: string) =>
  expect.objectContaining({ code: 'LOCAL_FILE', context: { path: collection, part } });

test('what was added is found, and goes on from what was there', () => {
  write((draft) => {
    add(draft, 1, 'Dear snark');
    add(draft, 2, 'Dear boojum');
  });
  write((draft) => {
    expect(draft.sources()).toEqual([1, 2].map((one) => ({ id: idOf(one), path: `files/letters/${one}` })));
    draft.remove(idOf(1));
    add(draft, 3, 'Dear bellman');
  });
  expect(found('dear')).toEqual([idOf(2), idOf(3)]);
  expect(found('snark')).toEqual([]);
});

test('of what was removed no byte stays in the file', () => {
  write((draft) => {
    for (let one = 1; one <= 200; one++)
      add(draft, one, `Letter ${one}: `.padEnd(3_000, `unspeakable${one} `));
    add(draft, 999, 'Dear baker');
  });
  expect(readFileSync(collection).includes('unspeakable')).toBe(true);
  write((draft) => {
    for (let one = 1; one <= 200; one++) draft.remove(idOf(one));
  });
  expect(readFileSync(collection).includes('unspeakable')).toBe(false);
  expect(found('baker')).toEqual([idOf(999)]);
});

test('it is private, until its owner says otherwise', () => {
  write((draft) => add(draft, 1, 'Dear snark'));
  expect(statSync(collection).mode & 0o777).toBe(0o600);
  chmodSync(collection, 0o640);
  write((draft) => add(draft, 2, 'Dear boojum'));
  expect(statSync(collection).mode & 0o777).toBe(0o640);
});

test('a draft that is dropped leaves everything as it was', () => {
  write((draft) => add(draft, 1, 'Dear snark'));
  const before = readFileSync(collection);
  const draft = CollectionDraft.begin(collection);
  add(draft, 2, 'Dear boojum');
  draft.drop();
  expect(readdirSync(folder)).toEqual(['letters']);
  expect(readFileSync(collection).equals(before)).toBe(true);
});

test.each(['Dear snark', '', 'SQLite format 3\0 and no more'])(
  'a file that is none (%j) is not written over',
  (content) => {
    writeFileSync(collection, content);
    expect(() => CollectionDraft.begin(collection)).toThrow(
      refusal('it is there already, and is no collection'),
    );
    expect(readFileSync(collection, 'utf8')).toBe(content);
    expect(readdirSync(folder)).toEqual(['letters']);
  },
);

test('a database with more in it than a collection has is none', () => {
  write((draft) => add(draft, 1, 'Dear snark'));
  const db = new Database(collection);
  db.exec('CREATE TRIGGER more AFTER INSERT ON object BEGIN DELETE FROM object; END');
  db.close();
  expect(() => CollectionDraft.begin(collection)).toThrow(
    refusal('it is there already, and is no collection'),
  );
});

test('a link is not followed', () => {
  symlinkSync('/etc/hostname', collection);
  expect(() => CollectionDraft.begin(collection)).toThrow(
    refusal('it is there already, and is no collection'),
  );
});
