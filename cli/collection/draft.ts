/** A collection as it is being written: a file of another name, which takes the collection's name when it is whole. */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type Database from 'better-sqlite3-multiple-ciphers';
import { defineCollection, isCollection } from '../../common/collection.js';
import { SherinError } from '../../common/errors.js';
import { localError } from '../../common/local-error.js';
import { passagesOf } from './passages.js';
import type { Text } from './text.js';

/** An object of a collection: a file's version, and one of the paths where it is. */
export interface Source {
  readonly id: string;
  readonly path: string;
}

/** Loaded when a collection is made: of all commands this one alone needs it. */
function sqlite(): typeof Database {
  return createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof Database;
}

/** KiB of the file that SQLite holds in memory. */
const cache = 64 * 1024;
/** Bytes of the index that FTS5 gathers before it writes them: few parts need little merging. */
const gathered = 16 * 1024 * 1024;
/** Bytes: one part of a cube, the least that is ever read of a file, holds four. */
const pageSize = 16 * 1024;
/** Characters of the title. */
const longestTitle = 200;

export class CollectionDraft {
  readonly #db: Database.Database;
  readonly #path: string;
  readonly #collection: string;
  readonly #mode: number;
  #next: number;

  private constructor(db: Database.Database, path: string, collection: string, mode: number) {
    [this.#db, this.#path, this.#collection, this.#mode] = [db, path, collection, mode];
    this.#next = 1 + (db.prepare('SELECT coalesce(max(last), 0) FROM object').pluck().get() as number);
  }

  /**
   * Begins with what the collection of this name holds, or with nothing where there is none.
   * @throws SherinError LOCAL_FILE, also where the name is taken by something else
   */
  static begin(collection: string): CollectionDraft {
    const path = join(dirname(collection), `.${basename(collection)}.${randomBytes(6).toString('hex')}`);
    const old = lstatSync(collection, { throwIfNoEntry: false });
    try {
      if (old === undefined) {
        closeSync(openSync(path, 'wx', 0o600));
        return new CollectionDraft(opened(path, true), path, collection, 0o600);
      }
      requireOwn(old, collection);
      copyFileSync(collection, path);
      return new CollectionDraft(opened(path, false), path, collection, old.mode & 0o777);
    } catch (error) {
      rmSync(path, { force: true });
      throw refusal(collection, error);
    }
  }

  sources(): Source[] {
    return this.#db.prepare('SELECT id, path FROM object').all() as Source[];
  }

  remove(id: string): void {
    this.#db
      .prepare(
        `DELETE FROM passage WHERE rowid BETWEEN (SELECT first FROM object WHERE id = @id) AND (SELECT last FROM object WHERE id = @id)`,
      )
      .run({ id });
    this.#db.prepare('DELETE FROM object WHERE id = ?').run(id);
  }

  /** @returns how many passages it has */
  add({ id, path }: Source, text: Text): number {
    const passages = passagesOf(text);
    const title = titleOf(passages[0]?.text ?? '');
    const first = this.#next;
    const row = this.#db.prepare(
      'INSERT INTO passage (rowid, place, title, text, object, start, end) VALUES (?, ?, ?, ?, ?, CAST(? AS INTEGER), CAST(? AS INTEGER))',
    );
    for (const { from, to, text: words } of passages) row.run(this.#next++, path, title, words, id, from, to);
    this.#db
      .prepare('INSERT INTO object (id, path, encoding, charset, first, last) VALUES (?, ?, ?, ?, ?, ?)')
      .run(id, path, text.encoding, text.charset, first, this.#next - 1);
    return passages.length;
  }

  passages(): number {
    return this.#db.prepare('SELECT coalesce(sum(last - first + 1), 0) FROM object').pluck().get() as number;
  }

  /** Puts it in the place of the collection, on the disk. */
  finish(): void {
    try {
      // One part is searched quickest, and nothing of what was removed stays in it.
      this.#db.exec("INSERT INTO passage (passage) VALUES ('optimize'); COMMIT");
      this.#db.close();
      const file = openSync(this.#path, 'r');
      fsyncSync(file);
      closeSync(file);
      chmodSync(this.#path, this.#mode);
      renameSync(this.#path, this.#collection);
    } catch (error) {
      throw refusal(this.#collection, error);
    }
  }

  /** Leaves the collection as it was. */
  drop(): void {
    this.#db.close();
    rmSync(this.#path, { force: true });
  }
}

/** Within a transaction, which nothing undoes: a draft that fails is removed. Nothing of the text is written beside it. */
function opened(path: string, isNew: boolean): Database.Database {
  const db = new (sqlite())(path);
  try {
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    db.pragma('temp_store = MEMORY');
    db.pragma('secure_delete = ON');
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma(`cache_size = -${cache}`);
    db.pragma('synchronous = OFF');
    if (isNew) {
      db.pragma(`page_size = ${pageSize}`);
      defineCollection(db);
    } else if (!looksRight(db)) throw new NoCollection();
    db.pragma('journal_mode = OFF');
    db.exec('BEGIN');
    db.exec(`INSERT INTO passage (passage, rank) VALUES ('hashsize', ${gathered})`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

class NoCollection extends Error {}

function looksRight(db: Database.Database): boolean {
  const empty = new (sqlite())(':memory:');
  try {
    defineCollection(empty);
    return isCollection(db, empty);
  } finally {
    empty.close();
  }
}

/** What another user made is not gone on with: nobody knows what stands in it. */
function requireOwn(old: { readonly uid: number; isFile(): boolean }, path: string): void {
  if (!old.isFile()) throw new NoCollection();
  if (old.uid === process.getuid?.()) return;
  throw new SherinError('LOCAL_FILE', { path, part: 'it is a file of another user' });
}

function refusal(path: string, error: unknown): SherinError {
  const foreign =
    error instanceof NoCollection ||
    (error instanceof sqlite().SqliteError && error.code === 'SQLITE_NOTADB');
  if (foreign)
    return new SherinError('LOCAL_FILE', { path, part: 'it is there already, and is no collection' });
  return localError(path, error);
}

/** The first line that has a word. */
function titleOf(text: string): string {
  const line = text.split('\n').find((words) => /\p{L}{2}/u.test(words)) ?? '';
  return line.trim().slice(0, longestTitle);
}
