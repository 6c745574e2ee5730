/** The page cipher and write-ahead log against databases that the shipped SQLite wrote. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { afterAll, describe, expect, it } from 'vitest';
import { bytesToHex } from './bytes.js';
import { decryptDatabase } from './database.js';
import { content } from './samples.js';

const folder = mkdtempSync(join(tmpdir(), 'sherin-pages-'));
const key = content(32, 9);

function fill(name: string, pageSize: number): Database.Database {
  const database = new Database(join(folder, name));
  database.pragma("cipher='chacha20'");
  database.pragma(`key="x'${bytesToHex(key)}'"`);
  database.pragma(`page_size=${pageSize}`);
  database.pragma('locking_mode=EXCLUSIVE');
  database.pragma('journal_mode=WAL');
  database.exec('CREATE TABLE things (id INTEGER PRIMARY KEY, body BLOB)');
  const insert = database.prepare('INSERT INTO things (body) VALUES (?)');
  for (let i = 0; i < 100; i++) insert.run(Buffer.from(content(i * 37, i)));
  return database;
}

function bodies(name: string): Buffer[] {
  const at = (suffix: string) => Uint8Array.from(readFileSync(join(folder, name + suffix)));
  const wal = name.startsWith('open') ? at('-wal') : new Uint8Array(0);
  const plain = new Database(Buffer.from(decryptDatabase(key, at(''), wal)));
  const rows = plain.prepare('SELECT body FROM things ORDER BY id').pluck().all() as Buffer[];
  plain.close();
  return rows;
}

function expectAll(rows: readonly Buffer[]): void {
  expect(rows.map((row, i) => row.equals(content(i * 37, i)))).toEqual(Array(100).fill(true));
}

describe('encrypted database', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([4096, 8192, 65536])('reads a closed database of %d-byte pages', (pageSize) => {
    fill(`closed${pageSize}`, pageSize).close();
    expectAll(bodies(`closed${pageSize}`));
  });

  it('reads what only the write-ahead log holds', () => {
    const database = fill('open', 4096);
    expectAll(bodies('open'));
    database.close();
  });

  it('refuses a changed page and another key', () => {
    fill('changed', 4096).close();
    const file = Uint8Array.from(readFileSync(join(folder, 'changed')));
    const none = new Uint8Array(0);
    expect(() => decryptDatabase(content(32, 8), file, none)).toThrow('page 1');
    file[5000] = (file[5000] ?? 0) ^ 1;
    expect(() => decryptDatabase(key, file, none)).toThrow('page 2');
  });
});
