import type { DaemonDatabase } from '../database/database.js';
import type { Pattern } from './pattern.js';
import type { PatternKey } from './pattern-key.js';
import { patternSql } from './statements.js';

/** How many remembered answers are asked about before a question counts as new. */
const mostTries = 8;
/** Questions whose answers are held; beyond it all are forgotten. */
const mostHeld = 4096;

/** What was found for a question. */
export interface Look {
  /** Patterns that may answer, the asker's own before others'. */
  readonly patterns: readonly Pattern[];
  /** What is to be known of each to give it: the same objects, as long as it is held. */
  readonly answers: readonly Pick<Pattern, 'key' | 'owner' | 'result'>[];
}

/** What was found for a question is held until a pattern changes: the same is asked again and again. */
export class Looks {
  readonly #database: DaemonDatabase;
  /** By question, then by asker. */
  readonly #held = new Map<string, Map<number, Look>>();
  #count = 0;

  constructor(database: DaemonDatabase) {
    this.#database = database;
  }

  /** @throws SherinError DAEMON_DATABASE, NO_SPACE */
  at(key: PatternKey, asker: number): Look {
    const name = nameOf(key);
    const held = this.#held.get(name)?.get(asker);
    if (held !== undefined) return held;
    const patterns = this.#database.all<Pattern>(patternSql.candidates, key, asker, mostTries);
    const look = { patterns, answers: patterns.map(({ owner, result }) => ({ key, owner, result })) };
    // What is not committed may be undone.
    if (!this.#database.inTransaction) this.#hold(name, asker, look);
    return look;
  }

  /** To be called with every change of a pattern that is more than a use. */
  forget(): void {
    this.#held.clear();
    this.#count = 0;
  }

  #hold(name: string, asker: number, look: Look): void {
    if (this.#count >= mostHeld) this.forget();
    const byAsker = this.#held.get(name) ?? new Map<number, Look>();
    this.#held.set(name, byAsker.set(asker, look));
    this.#count += 1;
  }
}

/** Keys as texts, which maps find sooner. */
const names = new WeakMap<PatternKey, string>();

function nameOf(key: PatternKey): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  const name = key.toString('latin1');
  names.set(key, name);
  return name;
}
