/** The one place that opens manifest.db (FORMAT.md, "Manifest database"). */
import { closeSync, constants, lstatSync, openSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3-multiple-ciphers';
import { SherinError, systemCode } from '../../common/errors.js';
import { isNewer, newerFormat } from '../../common/newer-format.js';
import { copyUnderKey, rawKey, takePlace } from './copy-under-key.js';

export type Statement = Database.Statement<unknown[]>;

/** "Shrn" */
const applicationId = 0x5368726e;
const schemaVersion = 1;

const schema: readonly string[] = [
  'CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), layout BLOB NOT NULL, signature BLOB NOT NULL)',
  'CREATE TABLE records (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL)',
  'CREATE TABLE tiles (id INTEGER PRIMARY KEY, root BLOB NOT NULL, hashes BLOB NOT NULL)',
  'CREATE TABLE puts (inode INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (inode, seq)) WITHOUT ROWID',
  'CREATE TABLE nodes (id BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL)',
  'CREATE TABLE cubes (id BLOB PRIMARY KEY NOT NULL, root BLOB NOT NULL, length INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE snapshot (chunk INTEGER PRIMARY KEY, bytes BLOB NOT NULL)',
];

export interface DatabaseOptions {
  readonly path: string;
  /** 32 bytes; overwritten here as soon as SQLite has them. */
  readonly key: Buffer;
}

/** An encrypted SQLite database whose every failure is a SherinError. */
export class ManifestDatabase {
  #db: Database.Database;
  readonly #path: string;
  readonly #statements = new Map<string, Statement>();

  private constructor(db: Database.Database, path: string) {
    this.#db = db;
    this.#path = path;
  }

  /** Makes a new database with its tables, mode 0600. @throws SherinError VAULT_EXISTS, NO_SPACE, IO */
  static create(options: DatabaseOptions): ManifestDatabase {
    try {
      closeSync(openSync(options.path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600));
    } catch (cause) {
      options.key.fill(0);
      throw fileError(cause, options.path);
    }
    const database = ManifestDatabase.#connect(options);
    try {
      database.transaction('creating the manifest', () => {
        database.#db.pragma(`application_id = ${applicationId}`);
        database.#db.pragma(`user_version = ${schemaVersion}`);
        for (const statement of schema) database.#db.exec(statement);
      });
    } catch (error) {
      database.remove();
      throw error;
    }
    return database;
  }

  /** Opens an existing database and checks that its tables are those of this version. @throws SherinError MANIFEST_BROKEN, FORMAT_NEWER, VAULT_BUSY, IO */
  static open(options: DatabaseOptions): ManifestDatabase {
    try {
      requireFiles(options.path);
    } catch (error) {
      options.key.fill(0);
      throw error;
    }
    const database = ManifestDatabase.#connect(options);
    try {
      database.#checkSchema();
    } catch (error) {
      database.#db.close();
      throw error;
    }
    return database;
  }

  static #connect({ path, key }: DatabaseOptions): ManifestDatabase {
    const raw = rawKey(key);
    key.fill(0);
    let db: Database.Database | undefined;
    try {
      db = new Database(path, { fileMustExist: true, timeout: 0 });
      db.pragma("cipher = 'chacha20'");
      db.key(raw);
      configure(db);
      return new ManifestDatabase(db, path);
    } catch (error) {
      db?.close();
      throw databaseError(error, 'opening it', path);
    } finally {
      raw.fill(0);
    }
  }

  #checkSchema(): void {
    const facts = this.guard('reading its schema', () => ({
      id: this.#db.pragma('application_id', { simple: true }),
      version: this.#db.pragma('user_version', { simple: true }),
      tables: this.#db
        .prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid')
        .pluck()
        .all(),
    }));
    if (facts.id !== applicationId) throw broken('it is not a manifest database');
    if (isNewer(facts.version, schemaVersion)) throw newerFormat(this.#path, facts.version, schemaVersion);
    if (facts.version !== schemaVersion) throw broken(`schema version ${String(facts.version)}`);
    const tables = facts.tables;
    if (tables.length !== schema.length || tables.some((sql, i) => sql !== schema[i])) {
      throw broken('its tables are not those of a manifest');
    }
  }

  /** A prepared statement, kept for reuse. Rows are arrays. */
  statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    if (statement.reader) statement.raw();
    this.#statements.set(sql, statement);
    return statement;
  }

  all(what: string, sql: string, ...values: unknown[]): unknown[][] {
    return this.guard(what, () => this.statement(sql).all(...values) as unknown[][]);
  }

  get(what: string, sql: string, ...values: unknown[]): unknown[] | undefined {
    return this.guard(what, () => this.statement(sql).get(...values) as unknown[] | undefined);
  }

  /** Runs `write` in one transaction: all of it or, on any error, nothing. */
  transaction(what: string, write: () => void): void {
    this.guard(what, () => this.#db.transaction(write).immediate());
  }

  /** Moves the write-ahead log into the database file. */
  checkpoint(): void {
    this.guard('checkpoint', () => this.#db.pragma('wal_checkpoint(TRUNCATE)'));
  }

  /**
   * Encrypts all of it under another key; both are overwritten. Reads go on; nobody may write meanwhile. A crash leaves it under
   * the one key or the other. @throws SherinError NO_SPACE, IO with everything as it was; LOCKED
   */
  async changeKey(old: Buffer, fresh: Buffer): Promise<void> {
    const beside = `${this.#path}.new`;
    try {
      removeDatabase(beside);
      this.checkpoint();
      const before = this.#changes();
      await copyUnderKey(this.#path, beside, { old, fresh }).catch((error: unknown) => {
        throw databaseError(error, 'encrypting it anew', this.#path);
      });
      if (this.#changes() !== before || sizeOf(`${this.#path}-wal`) > 0)
        throw new SherinError('IO', {
          what: 'encrypting manifest.db anew',
          part: 'it was changed meanwhile',
        });
      this.close();
      takePlace(this.#path, beside);
      this.#db = ManifestDatabase.#connect({ path: this.#path, key: fresh }).#db;
    } finally {
      old.fill(0);
      fresh.fill(0);
      removeDatabase(beside);
    }
  }

  /** Rows that this connection has changed so far. */
  #changes(): unknown {
    return this.get('counting changes', 'SELECT total_changes()')?.[0];
  }

  get isOpen(): boolean {
    return this.#db.open;
  }

  /** Closes and deletes a database whose making failed. */
  remove(): void {
    this.close();
    removeDatabase(this.#path);
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  /** Runs `work`, turning what SQLite throws into a SherinError; LOCKED after close. */
  guard<T>(what: string, work: () => T): T {
    if (!this.#db.open) throw new SherinError('LOCKED');
    try {
      return work();
    } catch (error) {
      throw databaseError(error, what, this.#path);
    }
  }
}

/**
 * The database exists, and SQLite will touch no other file: a link or a second name would have it write elsewhere, a rollback
 * journal can name any file that it then deletes. In WAL mode with an exclusive lock there is neither a journal nor a -shm.
 */
function requireFiles(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) throw broken('manifest.db is missing');
  for (const suffix of ['', '-wal']) {
    const facts = lstatSync(`${path}${suffix}`, { throwIfNoEntry: false });
    if (facts === undefined) continue;
    if (!facts.isFile()) throw broken(`manifest.db${suffix} is not an ordinary file`);
    if (facts.nlink > 1) throw broken(`manifest.db${suffix} has a second name (a hard link)`);
  }
  for (const suffix of ['-journal', '-shm']) {
    if (lstatSync(`${path}${suffix}`, { throwIfNoEntry: false }) !== undefined) {
      throw broken(`manifest.db${suffix} is there, which Sherin never makes`);
    }
  }
}

function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-journal']) rmSync(`${path}${suffix}`, { force: true });
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Exclusive locking before WAL: the WAL index stays in memory and no -shm file exists. */
function configure(db: Database.Database): void {
  for (const setting of [
    'locking_mode = EXCLUSIVE',
    'page_size = 4096',
    'journal_mode = WAL',
    'synchronous = FULL',
    'temp_store = MEMORY',
    'trusted_schema = OFF',
    'cell_size_check = ON',
    'mmap_size = 0',
    'cache_size = -4096', // KiB
    'wal_autocheckpoint = 4096', // pages: a page that many commits change is moved into the file once
    'journal_size_limit = 16777216', // bytes of WAL kept after a checkpoint
    'foreign_keys = OFF',
  ]) {
    db.pragma(setting);
  }
  const mode = db.pragma('journal_mode', { simple: true });
  if (mode !== 'wal') throw broken(`journal mode ${String(mode)}`);
}

/** The error for a manifest that does not verify, naming the part. */
export function broken(part: string, cause?: unknown): SherinError {
  return new SherinError('MANIFEST_BROKEN', { part }, { cause });
}

function databaseError(error: unknown, what: string, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  const options = { cause: error };
  if (code === 'SQLITE_FULL') return new SherinError('NO_SPACE', { what: 'the manifest' }, options);
  if (code === 'SQLITE_BUSY') return new SherinError('VAULT_BUSY', { path }, options);
  const file = code.startsWith('SQLITE_IOERR') && code !== 'SQLITE_IOERR_SHORT_READ';
  if (file || /^SQLITE_(CANTOPEN|READONLY|PERM|NOMEM)/.test(code)) {
    return new SherinError('IO', { what: `manifest.db: ${what}`, part: code }, options);
  }
  return broken(`${what}: ${code}`, error);
}

function fileError(cause: unknown, path: string): unknown {
  const code = systemCode(cause) ?? 'unknown error';
  if (code === 'EEXIST') return new SherinError('VAULT_EXISTS', { path }, { cause });
  if (code === 'ENOSPC') return new SherinError('NO_SPACE', { what: 'the manifest' }, { cause });
  return new SherinError('IO', { what: 'creating manifest.db', part: code }, { cause });
}
