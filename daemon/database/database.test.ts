import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3-multiple-ciphers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { DaemonDatabase } from './database.js';
import { applicationId, migrate } from './migrate.js';
import { migrations } from './schema.js';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sherind-database-'));
  path = join(directory, 'sherind.db');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const setTurn = 'INSERT INTO turns (domain, owner) VALUES (?, ?)';
const turns = 'SELECT domain, owner FROM turns ORDER BY domain';

/** A database with a row in it, closed. */
function made(): void {
  const database = DaemonDatabase.open(directory);
  database.run(setTurn, 'coding', 1000);
  database.close();
}

/** The file, changed by whoever has another SQLite. */
function edited(edit: (db: Database.Database) => void): void {
  const db = new Database(path);
  edit(db);
  db.close();
}

function refused(part: string | RegExp) {
  const shown = typeof part === 'string' ? expect.stringContaining(part) : expect.stringMatching(part);
  return expect.objectContaining({ code: 'DAEMON_DATABASE', context: { path, part: shown } });
}

describe('a new database', () => {
  it('is readable by nobody else, logs ahead, and keeps what was written', () => {
    made();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const database = DaemonDatabase.open(directory);
    expect(database.all(turns)).toEqual([{ domain: 'coding', owner: 1000 }]);
    expect(database.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(database.get('PRAGMA synchronous')).toEqual({ synchronous: 2 });
    database.run(setTurn, 'physics', 1000);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}-shm`)).toBe(false);
    database.close();
  });

  it('is made whole or not at all: what a crash has left is begun anew', () => {
    writeFileSync(`${path}.new`, 'half of it');
    writeFileSync(`${path}.new-journal`, 'a journal');
    made();
    expect(existsSync(`${path}.new`)).toBe(false);
    expect(existsSync(`${path}.new-journal`)).toBe(false);
  });

  it('takes no text but IDs, enums and short names, in no column', () => {
    const database = DaemonDatabase.open(directory);
    const id = `t_${'a'.repeat(26)}`;
    const sherinId = `FILES_20260101_${'0'.repeat(32)}`;
    const key = Buffer.alloc(32);
    const rows: Readonly<Record<string, readonly (string | number | Buffer | null)[]>> = {
      tasks: [
        ...[1, id, 7, sherinId, 'coding', 'python', 'write', 5, 'done', 0, 1, 0],
        ...['bot', sherinId, 'IO', 1, 0, id, id, 0, 1, 1, 1],
      ],
      tallies: ['open', 'all', 1],
      turns: ['coding', 7],
      patterns: [key, 7, sherinId, 'pattern', 50, 0, 1, 1],
      tombstones: [key, 7, 1],
      trust: ['bot', '1.0', 0, 0],
      emotionSteps: [600, 1, 'success', 1, 1],
      policy: [1, 0, 'supervised', 'off', 1, 0.75, 0.65, 0.95, 0.75, 0.65, 0.95],
      policyQueue: [0, 'action', '1', 'router', 'gc', 'LOW', null, 0.5, 'why', 'none', '2', 0],
      classifications: [Buffer.alloc(16), '1.0', 'coding', 'python', 'write', 1],
      sources: [id, key, 7, 'bot', '1.0'],
      bots: ['bot', 1_900_000_000, 1, 1],
      inputs: [id, 0, sherinId],
      unrecordedStops: ['on', 7],
      executedActions: ['action'],
      answers: [1, sherinId, sherinId, key, 7, 'coding', 'python', 'write', 'bot', '1.0', 1],
      answered: [1, Buffer.alloc(16), 7, 1, 5, 1, null],
    };
    for (const [table, values] of Object.entries(rows)) {
      database.run(`INSERT INTO ${table} VALUES (${values.map(() => '?').join(', ')})`, ...values);
    }
    const columns = database.all<{ place: string; name: string }>(
      `SELECT t.name AS place, c.name AS name FROM pragma_table_list t, pragma_table_info(t.name) c
       WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite_%'`,
    );
    expect(new Set(columns.map(({ place }) => place))).toEqual(new Set(Object.keys(rows)));
    const texts = [
      'x'.repeat(10_000),
      'words, as people write them',
      '<'.repeat(28),
      '{"a":1}',
      Buffer.alloc(10_000),
    ];
    for (const { place, name } of columns) {
      for (const text of texts) {
        const change = () => database.run(`UPDATE ${place} SET ${name} = ?`, text);
        expect(change, `${place}.${name}`).toThrow(
          /^CHECK constraint failed|^cannot store|^datatype mismatch/,
        );
      }
    }
    database.close();
  });
});

const trigger = 'CREATE TRIGGER t AFTER INSERT ON tasks BEGIN DELETE FROM tasks; END';

/** It is refused, and not a byte of it has changed. */
function requireRefused(part: string | RegExp): void {
  const file = statSync(path).isFile();
  if (file && part !== 'others may read or write') chmodSync(path, 0o600);
  const before = file ? readFileSync(path) : null;
  expect(() => DaemonDatabase.open(directory)).toThrow(refused(part));
  if (before !== null) expect(readFileSync(path).equals(before)).toBe(true);
}

describe('is refused, and left as it is, what', () => {
  it.each<[string, () => void, string]>([
    ['is no database', () => writeFileSync(path, 'no database '.repeat(1000)), 'no SQLite database'],
    [
      'is another program’s',
      () => edited((db) => db.exec('CREATE TABLE notes (text TEXT)')),
      'another program’s',
    ],
    [
      'has the mark of another program',
      () => edited((db) => db.pragma('application_id = 7')),
      'another program’s',
    ],
    ['is a directory', () => mkdirSync(path), 'not an ordinary file'],
  ])('%s', (_, make, part) => {
    make();
    requireRefused(part);
  });

  it.each<[string, () => void, string | RegExp]>([
    [
      'has a trigger that somebody put there',
      () => edited((db) => db.exec(trigger)),
      'not those of its version',
    ],
    ['lacks a table', () => edited((db) => db.exec('DROP TABLE trust')), 'not those of its version'],
    ['others may read', () => chmodSync(path, 0o640), 'others may read or write'],
    ['is cut off', () => truncateSync(path, 8192), /damaged|SQLITE_IOERR_SHORT_READ/],
  ])('%s', (_, change, part) => {
    made();
    change();
    requireRefused(part);
  });

  it('is of a newer sherind', () => {
    made();
    edited((db) => db.pragma('user_version = 99'));
    const before = readFileSync(path);
    const context = { path, found: 99, reads: migrations.length, also: '' };
    expect(() => DaemonDatabase.open(directory)).toThrow(
      expect.objectContaining({ code: 'FORMAT_NEWER', context }),
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is a link, has a second name, or has a journal beside it', () => {
    made();
    renameSync(path, join(directory, 'other'));
    symlinkSync('other', path);
    expect(() => DaemonDatabase.open(directory)).toThrow(refused('not an ordinary file'));
    rmSync(path);
    linkSync(join(directory, 'other'), path);
    expect(() => DaemonDatabase.open(directory)).toThrow(refused('a second name'));
    rmSync(join(directory, 'other'));
    writeFileSync(`${path}-journal`, '');
    expect(() => DaemonDatabase.open(directory)).toThrow(refused('a journal'));
  });

  it('is open already', () => {
    const first = DaemonDatabase.open(directory);
    first.run(setTurn, 'coding', 1);
    expect(() => DaemonDatabase.open(directory)).toThrow(refused('another process'));
    expect(first.all(turns)).toHaveLength(1);
    first.close();
    expect(() => first.all(turns)).toThrow(refused('it is closed'));
  });

  it('has no directory, which is an error of the table', () => {
    const missing = join(directory, 'missing');
    expect(() => DaemonDatabase.open(missing)).toThrow(expect.objectContaining({ code: 'DAEMON_DATABASE' }));
  });
});

it('bytes that changed make an error of the table or no difference, never another', () => {
  const database = DaemonDatabase.open(directory);
  for (let at = 0; at < 500; at++) database.run(setTurn, `domain-${at}`, at);
  database.close();
  const whole = join(directory, 'whole');
  copyFileSync(path, whole);
  const size = statSync(whole).size;
  // Its user_version (SQLite's file format, 1.3): what says a later one than this program's is told apart.
  const version = (bytes: Buffer): number => bytes.readInt32BE(60);
  const present = version(readFileSync(whole));
  const change = fc.tuple(fc.nat(size - 1), fc.uint8Array({ minLength: 1, maxLength: 64 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = readFileSync(whole);
      for (const [at, values] of changes) bytes.set(values.slice(0, size - at), at);
      for (const suffix of ['', '-wal']) rmSync(`${path}${suffix}`, { force: true });
      writeFileSync(path, bytes, { mode: 0o600 });
      try {
        const damaged = DaemonDatabase.open(directory);
        try {
          for (const table of ['tasks', 'turns', 'tallies', 'patterns'])
            damaged.all(`SELECT * FROM ${table}`);
          damaged.transaction(() => damaged.run(setTurn, 'one-more', 1));
        } finally {
          damaged.close();
        }
      } catch (error) {
        expect(error).toBeInstanceOf(SherinError);
        const codes = ['DAEMON_DATABASE', ...(version(bytes) > present ? ['FORMAT_NEWER'] : [])];
        expect(codes).toContain((error as SherinError).code);
      }
    }),
    { numRuns: 200, examples: [[[[60, Uint8Array.of(1)]]]] },
  );
});

describe('a migration', () => {
  const first = ['CREATE TABLE a (x INTEGER) STRICT'];
  const second = ['CREATE TABLE b (y INTEGER) STRICT', 'INSERT INTO b SELECT x + 1 FROM a'];

  it('brings an older database to the newest version, with what is in it', () => {
    edited((db) => {
      migrate(db, [first]);
      db.exec('INSERT INTO a VALUES (7)');
    });
    edited((db) => {
      migrate(db, [first, second]);
      migrate(db, [first, second]);
      expect(db.prepare('SELECT y FROM b').pluck().all()).toEqual([8]);
      expect(db.pragma('user_version', { simple: true })).toBe(2);
      expect(db.pragma('application_id', { simple: true })).toBe(applicationId);
      expect(() => migrate(db, [first])).toThrow('newer sherind');
    });
  });

  it('that fails leaves the older version', () => {
    edited((db) => {
      migrate(db, [first]);
      expect(() => migrate(db, [first, [...second, 'INSERT INTO nowhere VALUES (1)']])).toThrow('nowhere');
      expect(db.pragma('user_version', { simple: true })).toBe(1);
      migrate(db, [first, second]);
    });
  });

  it('is recorded by its number', () => {
    made();
    edited((db) => expect(db.pragma('user_version', { simple: true })).toBe(migrations.length));
  });
});

describe('a transaction', () => {
  it('is whole or undone, and tells only of what is committed', () => {
    const database = DaemonDatabase.open(directory);
    const told: string[] = [];
    const write = (domain: string, then?: () => void) => () => {
      database.run(setTurn, domain, 1);
      database.afterCommit(() => told.push(`${domain}: ${database.all(turns).length}`));
      then?.();
    };
    const fails = () => {
      throw new Error('on purpose');
    };
    database.transaction(write('a'));
    expect(() => database.transaction(write('b', fails))).toThrow('on purpose');
    expect(told).toEqual(['a: 1']);
    database.transaction(
      write('c', () => {
        expect(() => database.part(write('d', fails))).toThrow('on purpose');
        database.transaction(write('e'));
        database.part(write('f'));
        expect(told).toHaveLength(1);
      }),
    );
    expect(told).toEqual(['a: 1', 'c: 4', 'e: 4', 'f: 4']);
    expect(() => database.afterCommit(() => undefined)).toThrow('no transaction');
    expect(() => database.part(() => undefined)).toThrow('no transaction');
    database.close();
  });

  it('within another is undone with it, whoever catches what it throws', () => {
    const database = DaemonDatabase.open(directory);
    const domains = () => database.all<{ domain: string }>(turns).map(({ domain }) => domain);
    const write = (domain: string) => () => void database.run(setTurn, domain, 1);
    const catches = (domain: string) => () => {
      write(domain)();
      const fails = () => {
        write('inner')();
        throw new Error('on purpose');
      };
      expect(() => database.transaction(fails)).toThrow('on purpose');
    };
    expect(() => database.transaction(catches('a'))).toThrow('on purpose');
    expect(domains()).toEqual([]);
    database.transaction(() => {
      write('b')();
      expect(() => database.part(catches('c'))).toThrow('on purpose');
    });
    expect(domains()).toEqual(['b']);
    // Nor does a part that goes well afterwards save it.
    const goesOn = () => {
      catches('d')();
      database.part(write('e'));
    };
    expect(() => database.transaction(goesOn)).toThrow('on purpose');
    expect(domains()).toEqual(['b']);
    database.close();
  });

  it('within which a listener changes something more is over by then', () => {
    const database = DaemonDatabase.open(directory);
    const told: string[] = [];
    database.transaction(() => {
      database.afterCommit(() => {
        database.transaction(() => {
          database.run(setTurn, 'inner', 1);
          database.afterCommit(() => told.push('inner'));
        });
        told.push('outer');
      });
    });
    expect(told).toEqual(['inner', 'outer']);
    database.close();
  });
});
