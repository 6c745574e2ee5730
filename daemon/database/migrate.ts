import Database from 'better-sqlite3-multiple-ciphers';

/** "ShrD" */
export const applicationId = 0x53687244;

/** Why a database is none of sherind's, in words. */
export class ForeignDatabase extends Error {}

/** A later sherind made it. */
export class NewerDatabase extends Error {
  readonly found: number;
  readonly reads: number;

  constructor(found: number, reads: number) {
    super(`it is of a newer sherind (version ${found})`);
    this.found = found;
    this.reads = reads;
  }
}

/**
 * Brings a database, which may be empty, to the newest version, in one transaction.
 * @throws NewerDatabase, ForeignDatabase as {@link versionOf}, or when it has other tables than its version
 */
export function migrate(db: Database.Database, migrations: readonly (readonly string[])[]): void {
  db.transaction(() => {
    const version = versionOf(db, migrations.length);
    if (version === migrations.length) return;
    for (const statement of migrations.slice(version).flat()) db.exec(statement);
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
  requireTables(db, migrations);
}

/** Its version, 0 for an empty one; changes nothing. @throws NewerDatabase; ForeignDatabase when it is another program's */
export function versionOf(db: Database.Database, newest: number): number {
  const id = db.pragma('application_id', { simple: true });
  const version = Number(db.pragma('user_version', { simple: true }));
  if (id === 0 && version === 0 && tablesOf(db).length === 0) return 0;
  if (id !== applicationId) throw new ForeignDatabase('it is another program’s');
  if (version > newest) throw new NewerDatabase(version, newest);
  if (version < 1) throw new ForeignDatabase(`version ${version}`);
  return version;
}

/** Nothing more and nothing else than the migrations make: no trigger and no view that somebody has put there. */
function requireTables(db: Database.Database, migrations: readonly (readonly string[])[]): void {
  const model = new Database(':memory:');
  try {
    for (const statement of migrations.flat()) model.exec(statement);
    const [found, expected] = [tablesOf(db), tablesOf(model)];
    if (found.length !== expected.length || found.some((sql, at) => sql !== expected[at])) {
      throw new ForeignDatabase('its tables are not those of its version');
    }
  } finally {
    model.close();
  }
}

function tablesOf(db: Database.Database): unknown[] {
  const sql = 'SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid';
  return db.prepare(sql).pluck().all();
}
