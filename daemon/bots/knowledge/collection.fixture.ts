/** Collections for tests, in a folder of their own, and the addon as the bot has it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { defineCollection } from '../../../common/collection.js';
import { projectRoot } from '../../../common/project.js';

export const addon = createRequire(import.meta.url)(
  join(projectRoot, 'dist/bots/knowledge/better_sqlite3.node'),
) as object;

export function idOf(number: number): string {
  return `FILES_20260131_${number.toString(16).padStart(32, '0')}`;
}

export class Collections {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sherin-knowledge-'));
  #made = 0;

  path(): string {
    return join(this.#folder, `${++this.#made}`);
  }

  /** A database made by `build`, which may do anything. */
  database(build: (db: Database.Database) => void): string {
    const path = this.path();
    const db = new Database(path);
    db.unsafeMode(true);
    build(db);
    db.close();
    return path;
  }

  /** Texts of one passage each, numbered from `first`, and what else is done to the file. */
  of(texts: readonly string[], change: (db: Database.Database) => void = () => undefined, first = 1): string {
    return this.database((db) => {
      defineCollection(db);
      for (const [at, text] of texts.entries()) addText(db, first + at, text);
      change(db);
    });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

function addText(db: Database.Database, number: number, text: string): void {
  const [id, path] = [idOf(number), `files/letters/${number}`];
  db.prepare("INSERT INTO object VALUES (?, ?, 'plain', 'utf-8', ?, ?)").run(id, path, number, number);
  db.prepare(
    'INSERT INTO passage (rowid, place, title, text, object, start, end) VALUES (?, ?, ?, ?, ?, 0, CAST(? AS INTEGER))',
  ).run(number, path, '', text, id, Buffer.byteLength(text));
}
