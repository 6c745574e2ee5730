/** The one place that opens sherind's own database: plain SQLite with IDs, hashes, enums, numbers and short names, and nothing else. */
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import { SherinError, systemCode } from '../../common/errors.js';
import { newerFormat } from '../../common/newer-format.js';
import { isThere, makeWhole, requireSafeFile, UnsafeFile } from './database-file.js';
import { ForeignDatabase, migrate, NewerDatabase, versionOf } from './migrate.js';
import { migrations } from './schema.js';

const fileName = 'sherind.db';

type Value = string | number | Buffer | null;
/** Values by position, or one object with those of `@name`. */
type Values = readonly Value[] | readonly [Readonly<Record<string, Value>>];

interface Failed {
  readonly error: unknown;
}

interface Step {
  readonly begin: string;
  readonly keep: readonly string[];
  readonly undo: readonly string[];
}

/** A database whose every failure is a SherinError, and whose listeners hear only of what is committed. */
export class DaemonDatabase {
  readonly #db: Database.Database;
  readonly #path: string;
  readonly #statements = new Map<string, Database.Statement<unknown[]>>();
  readonly #afterCommit: (() => void)[] = [];
  /** Of what runs within the transaction or part. */
  #failed: Failed | null = null;

  private constructor(db: Database.Database, path: string) {
    this.#db = db;
    this.#path = path;
  }

  /**
   * Opens `sherind.db` in a directory, which only sherind's user may write to; makes it where it is missing, brings an older one up to date.
   * @throws SherinError DAEMON_DATABASE when the file is damaged, foreign, unsafe or in use, FORMAT_NEWER, and everything is left as it is; NO_SPACE
   */
  static open(directory: string): DaemonDatabase {
    const path = join(directory, fileName);
    try {
      if (!isThere(path)) makeWhole(path, (draft) => connect(draft).close());
      requireSafeFile(path);
      return new DaemonDatabase(connect(path), path);
    } catch (error) {
      throw tableError(error, path);
    }
  }

  /** @throws SherinError DAEMON_DATABASE, NO_SPACE; so do all that follow */
  get<Row>(sql: string, ...values: Values): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(...values) as Row | undefined);
  }

  all<Row>(sql: string, ...values: Values): Row[] {
    return this.#guard(() => this.#statement(sql).all(...values) as Row[]);
  }

  /** How many rows it has changed. */
  run(sql: string, ...values: Values): number {
    return this.#guard(() => this.#statement(sql).run(...values).changes);
  }

  /** Runs `work` in one transaction: all of it or, on any error, nothing. One within another is part of it: an error undoes both, whoever catches it. */
  transaction<T>(work: () => T): T {
    if (this.#db.open && this.#db.inTransaction) return this.#within(work);
    const result = this.#step(work, { begin: 'BEGIN IMMEDIATE', keep: ['COMMIT'], undo: ['ROLLBACK'] });
    for (const tell of this.#afterCommit.splice(0)) tell();
    return result;
  }

  /** Runs `work` as a part of the running transaction that can fail without the rest of it. */
  part<T>(work: () => T): T {
    if (!this.#db.inTransaction) throw new Error('no transaction is running');
    const undo = ['ROLLBACK TO part', 'RELEASE part'];
    return this.#step(work, { begin: 'SAVEPOINT part', keep: ['RELEASE part'], undo });
  }

  get inTransaction(): boolean {
    return this.#db.inTransaction;
  }

  /** What to do once the running transaction is committed, in the order of these calls; nothing of it if it is undone. */
  afterCommit(tell: () => void): void {
    if (!this.#db.inTransaction) throw new Error('no transaction is running');
    this.#afterCommit.push(tell);
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #within<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#failed ??= { error };
      throw error;
    }
  }

  #step<T>(work: () => T, { begin, keep, undo }: Step): T {
    const before = this.#afterCommit.length;
    const failed = this.#failed;
    return this.#guard(() => {
      this.#statement(begin).run();
      this.#failed = null;
      try {
        const result = work();
        if (this.#failed !== null) throw (this.#failed as Failed).error;
        for (const sql of keep) this.#statement(sql).run();
        return result;
      } catch (error) {
        this.#afterCommit.length = before;
        // A full disk may have undone all of it already.
        if (this.#db.inTransaction) for (const sql of undo) this.#statement(sql).run();
        throw error;
      } finally {
        // Of what this is a part of.
        this.#failed = failed;
      }
    });
  }

  #statement(sql: string): Database.Statement<unknown[]> {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare<unknown[]>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #guard<T>(work: () => T): T {
    if (!this.#db.open) throw unusable(this.#path, 'it is closed');
    try {
      return work();
    } catch (error) {
      throw tableError(error, this.#path);
    }
  }
}

/**
 * Looks whose it is before anything of it changes. Locked exclusively before that: a second process is refused, the index of the WAL stays in
 * memory, and no -shm file exists.
 */
function connect(path: string): Database.Database {
  const db = new Database(path, { fileMustExist: true, timeout: 0 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    versionOf(db, migrations.length);
    if (db.pragma('quick_check(1)', { simple: true }) !== 'ok') throw new UnsafeFile('it is damaged');
    configure(db);
    migrate(db, migrations);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * `synchronous` is FULL, one sync for a commit: with NORMAL a power cut takes back what was told already, a task accepted or done, and done once more it would have two results.
 */
function configure(db: Database.Database): void {
  for (const setting of [
    'journal_mode = WAL',
    'synchronous = FULL',
    'temp_store = MEMORY',
    'trusted_schema = OFF',
    'cell_size_check = ON',
    'mmap_size = 0',
    'wal_autocheckpoint = 4096', // pages of 4 KiB
    'journal_size_limit = 16777216', // bytes of WAL kept after a checkpoint
  ]) {
    db.pragma(setting);
  }
  const mode = db.pragma('journal_mode', { simple: true });
  if (mode !== 'wal') throw new UnsafeFile(`its journal mode is ${String(mode)}`);
}

function unusable(path: string, part: string, cause?: unknown): SherinError {
  return new SherinError('DAEMON_DATABASE', { path, part }, { cause });
}

/** Errors of SQLite and of the file as those of the table; a value that the tables do not admit is a fault of the code and stays what it is. */
function tableError(error: unknown, path: string): unknown {
  if (error instanceof NewerDatabase) return newerFormat(path, error.found, error.reads);
  if (error instanceof UnsafeFile || error instanceof ForeignDatabase) {
    return unusable(path, error.message, error);
  }
  const code = systemCode(error);
  if (code === undefined || /^SQLITE_(CONSTRAINT|MISMATCH)/.test(code)) return error;
  if (!(error instanceof Database.SqliteError) && !/^E[A-Z0-9]+$/.test(code)) return error;
  if (/^(SQLITE_FULL|ENOSPC|EDQUOT)$/.test(code)) {
    return new SherinError('NO_SPACE', { what: 'the database of sherind' }, { cause: error });
  }
  if (code === 'SQLITE_BUSY') return unusable(path, 'another process has it open', error);
  if (code === 'SQLITE_NOTADB') return unusable(path, 'it is no SQLite database', error);
  if (code.startsWith('SQLITE_CORRUPT')) return unusable(path, 'it is damaged', error);
  return unusable(path, code, error);
}
