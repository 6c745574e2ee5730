/**
 * A collection: an SQLite file with the passages of a tree and an index of their words, which sherinctl writes into the
 * vault and the knowledge bot searches.
 */
import type Database from 'better-sqlite3-multiple-ciphers';

/** `SKnw` in the file's header. */
const application = 0x534b_6e77;
const version = 1;

/**
 * An object is text of one file version; its passages are rows `first` to `last` of `passage`. `start` and `end` are
 * bytes of the file, of what it unpacks to where `encoding` is gzip.
 */
const tables = `
CREATE TABLE object (
  id TEXT PRIMARY KEY,
  path TEXT NOT NULL,
  encoding TEXT NOT NULL,
  charset TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE passage USING fts5(
  place, title, text, object UNINDEXED, start UNINDEXED, end UNINDEXED,
  tokenize = 'porter unicode61'
);
PRAGMA application_id = ${application};
PRAGMA user_version = ${version};
`;

/** Makes an empty database one. */
export function defineCollection(db: Database.Database): void {
  db.exec(tables);
}

/**
 * Whether a database has the tables of a collection, exactly these and nothing else: no view, trigger, index or
 * generated column that a stranger has put there. What stands in the tables is still to be doubted.
 * @param empty a collection made by {@link defineCollection}, by the same SQLite
 */
export function isCollection(db: Database.Database, empty: Database.Database): boolean {
  return schemaOf(db) === schemaOf(empty);
}

function schemaOf(db: Database.Database): string {
  const most = 50;
  const parts = db.prepare(`SELECT type, name, tbl_name, sql FROM sqlite_schema LIMIT ${most}`).raw().all();
  const numbers = ['application_id', 'user_version'].map((name) => db.pragma(name, { simple: true }));
  return JSON.stringify([numbers, parts]);
}
