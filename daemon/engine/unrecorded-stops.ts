/** Emergency stops that hold and that the vault does not have yet, each with who set it. */
import type { Logger } from '../../common/log.js';
import { type Stop, stops } from '../../common/policy-scales.js';
import type { DaemonDatabase } from '../database/database.js';
import type { ControlCaller } from '../protocol/objects.js';

const sql = {
  all: 'SELECT stop, uid FROM unrecordedStops',
  put: 'INSERT OR IGNORE INTO unrecordedStops (stop, uid) VALUES (?, ?)',
  clear: 'DELETE FROM unrecordedStops',
} as const;

export interface UnrecordedStop {
  readonly stop: Stop;
  /** Who set it, by the kernel's word to this process; null: sherind itself, or {@link copied}. */
  readonly caller: ControlCaller | null;
  /** uid of who set it, of which sherind's database alone knows: whoever can edit that may have written another. */
  readonly copied: number | null;
}

export class UnrecordedStops {
  readonly #database: DaemonDatabase;
  readonly #log: Logger;
  #all: readonly UnrecordedStop[];

  /** @throws SherinError DAEMON_DATABASE */
  constructor(database: DaemonDatabase, log: Logger) {
    this.#database = database;
    this.#log = log;
    this.#all = database
      .all<{ readonly stop: Stop; readonly uid: number }>(sql.all)
      .map(({ stop, uid }) => ({ stop, caller: null, copied: uid }));
  }

  /** The first who sets a stop is the one who has. */
  add(stop: Stop, caller: ControlCaller | null): void {
    if (this.#all.some((known) => known.stop === stop)) return;
    this.#all = [...this.#all, { stop, caller, copied: null }];
    if (caller !== null) this.#keep('put', stop, caller.uid);
  }

  /** Those that are stricter than another one, the mildest first. */
  after(stop: Stop): readonly UnrecordedStop[] {
    const rank = (one: Stop): number => stops.indexOf(one);
    return this.#all.filter((one) => rank(one.stop) > rank(stop)).sort((a, b) => rank(a.stop) - rank(b.stop));
  }

  /** The vault has them. */
  clear(): void {
    if (this.#all.length === 0) return;
    this.#all = [];
    this.#keep('clear');
  }

  #keep(what: 'put' | 'clear', ...values: readonly (string | number)[]): void {
    try {
      this.#database.run(sql[what], ...values);
    } catch (error) {
      this.#log.error({ err: error }, 'who set the emergency stop could not be written down for a restart');
    }
  }
}
