/** Opens a file as a collection. It is an object that somebody was allowed to name, no more: every byte of it may be a stranger's. */
import { createRequire } from 'node:module';
import Database from 'better-sqlite3-multiple-ciphers';
import { defineCollection, isCollection } from '../../../common/collection.js';

/** Where the build puts SQLite: beside the bot's program. */
const binding = './better_sqlite3.node';

/**
 * SQLite with everything off that a schema could make it do. A collection's schema is one that we know, which is compared
 * before anything of it is used; so no view, trigger or other expression of a stranger is ever evaluated.
 */
const caution = [
  ...['query_only = ON', 'trusted_schema = OFF', 'cell_size_check = ON', 'mmap_size = 0'],
  ...['temp_store = MEMORY', 'cache_size = -8192', 'locking_mode = EXCLUSIVE'],
];

/** Null: it is no collection. */
export function openCollection(path: string, addon: object = bundled()): Database.Database | null {
  const nativeBinding = addon as never;
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, nativeBinding });
    for (const setting of caution) db.pragma(setting);
    if (isWhole(db) && matches(db, new Database(':memory:', { nativeBinding }))) return db;
  } catch {
    // no database, or one so damaged that its tables can not be listed
  }
  db?.close();
  return null;
}

/** Nothing of it stands in a second file beside it, such as a write-ahead log: what a bot was granted is this one. */
function isWhole(db: Database.Database): boolean {
  return db.pragma('journal_mode', { simple: true }) === 'delete';
}

function matches(db: Database.Database, empty: Database.Database): boolean {
  try {
    defineCollection(empty);
    return isCollection(db, empty);
  } finally {
    empty.close();
  }
}

function bundled(): object {
  return createRequire(import.meta.url)(binding) as object;
}
