import type { DaemonDatabase } from '../database/database.js';
import type { Pattern } from './pattern.js';
import type { PatternKey } from './pattern-key.js';
import { patternSql } from './statements.js';

/** How many remembered answers are asked about before a question counts as new. */
const mostTries = 8;
/** Questions whose answers are held; beyond it all are forgotten. */
const mostHeld = 4096;

/** What was found for a question is held until a pattern changes: the same is asked again and again. */
export class Looks {
  readonly #database: DaemonDatabase;
  readonly #held = new Map<string, readonly Pattern[]>();

  constructor(database: DaemonDatabase) {
    this.#database = database;
  }

  /** Patterns that may answer, the asker's own before others'. @throws SherinError DAEMON_DATABASE, NO_SPACE */
  at(key: PatternKey, asker: number): readonly Pattern[] {
    const name = `${asker} ${key.toString('latin1')}`;
    const held = this.#held.get(name);
    if (held !== undefined) return held;
    const found = this.#database.all<Pattern>(patternSql.candidates, key, asker, mostTries);
    if (this.#held.size >= mostHeld) this.forget();
    // What is not committed may be undone.
    if (!this.#database.inTransaction) this.#held.set(name, found);
    return found;
  }

  /** To be called with every change of a pattern that is more than a use. */
  forget(): void {
    this.#held.clear();
  }
}
