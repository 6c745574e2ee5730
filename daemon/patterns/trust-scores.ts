import type { DaemonDatabase } from '../database/database.js';
import type { Measurement } from './pattern-memory.js';

/** Measurements after which both counts are halved, so that a score is about what a bot does now. */
const memory = 200;

/** What is known of the results of a bot's version; see {@link TrustScores}. */
export interface Trust {
  readonly score: number;
  readonly measurements: number;
}

const sql = {
  get: 'SELECT successes, failures FROM trust WHERE bot = ? AND version = ?',
  count: `INSERT INTO trust (bot, version, successes, failures) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET successes = successes + excluded.successes, failures = failures + excluded.failures`,
  halve: `UPDATE trust SET successes = successes / 2, failures = failures / 2
    WHERE bot = ? AND version = ? AND successes + failures >= ${memory}`,
} as const;

/** How far a bot's results can be trusted, from measured success only. Another version is another program and begins anew. */
export class TrustScores {
  readonly #database: DaemonDatabase;

  constructor(database: DaemonDatabase) {
    this.#database = database;
  }

  /** Between 0 and 1: (successes + 1) / (measurements + 2), Laplace's rule of succession; 0.5 for one that was never measured. */
  scoreOf(bot: string, version: string): number {
    const { successes, failures } = this.#countsOf(bot, version);
    return (successes + 1) / (successes + failures + 2);
  }

  /** How often results of a version were measured, of late. */
  measurementsOf(bot: string, version: string): number {
    const { successes, failures } = this.#countsOf(bot, version);
    return successes + failures;
  }

  #countsOf(bot: string, version: string): { readonly successes: number; readonly failures: number } {
    return this.#database.get(sql.get, bot, version) ?? { successes: 0, failures: 0 };
  }

  /** Counts one measurement of a result of this version, be it a newer one's turn meanwhile. */
  measured(bot: string, version: string, { success }: Measurement): void {
    this.#database.transaction(() => {
      this.#database.run(sql.count, bot, version, success ? 1 : 0, success ? 0 : 1);
      this.#database.run(sql.halve, bot, version);
    });
  }
}
