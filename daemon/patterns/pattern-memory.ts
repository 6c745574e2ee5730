import { parseSherinId, type SherinId } from '../../common/ids.js';
import type { DaemonDatabase } from '../database/database.js';
import { confidence, type Pattern } from './pattern.js';
import type { PatternKey } from './pattern-key.js';
import { patternSql } from './statements.js';

/** Where a success or failure was measured; what a bot says of itself is none of them. */
export interface Measurement {
  readonly by: 'tests' | 'cross-check' | 'user';
  readonly success: boolean;
}

/** One remembered answer: of a key each owner has his own. */
export type Remembered = Pick<Pattern, 'key' | 'owner' | 'result'>;

/** How many remembered answers are asked about before a question counts as new. */
const mostTries = 8;

/** Answers by question. Only IDs and hashes are kept; whether a question is equal shows the key alone. */
export class PatternMemory {
  readonly #database: DaemonDatabase;
  readonly #now: () => number;
  readonly #count: (use: () => void) => void;

  /**
   * @param now milliseconds since 1970
   * @param count stores that an answer was given: at once, or with other changes, for whoever got it need not wait for that
   */
  constructor(
    database: DaemonDatabase,
    now: () => number = Date.now,
    count: (use: () => void) => void = (use) => use(),
  ) {
    this.#database = database;
    this.#now = now;
    this.#count = count;
  }

  /**
   * Results that might answer the question, the asker's own before others'. Which of them he may read is for others to say; what he may not is passed over, and
   * nothing tells him that it is there.
   * @throws SherinError DAEMON_DATABASE, NO_SPACE
   */
  candidates(key: PatternKey, asker: number): readonly Remembered[] {
    const found = this.#database.all<Pattern>(patternSql.candidates, key, asker, mostTries);
    return found.map(({ owner, result }) => ({ key, owner, result }));
  }

  /**
   * Counts that one of them is given as the answer. False: it was forgotten or replaced, or measured as wrong, since.
   * @throws as {@link candidates}
   */
  give({ key, owner, result }: Remembered): boolean {
    if (this.#database.get(patternSql.answers, key, owner, result) === undefined) return false;
    const now = this.#now();
    this.#count(() => this.#database.run(patternSql.use, { key, owner, result, now }));
    return true;
  }

  /**
   * Remembers the result of a task that is done; false while a tombstone says that the question was answered badly before. The same result again, whatever
   * its day, keeps its confidence; another one begins anew.
   */
  learn({ key, owner, result }: Remembered): boolean {
    return this.#database.transaction(() => {
      const now = this.#now();
      const tombstone = this.#database.get<{ endsAt: number }>(patternSql.tombstone, key, owner);
      if (tombstone !== undefined && tombstone.endsAt > now) return false;
      const known = this.get(key, owner);
      if (known !== null && sameContent(known.result, result)) {
        this.#database.run(patternSql.learnAgain, { key, owner, result, now });
      } else this.#database.run(patternSql.learn, key, owner, result, now, now);
      return true;
    });
  }

  /** Counts a measured success or failure; nothing where this result is remembered no more. */
  measured({ key, owner, result }: Remembered, { success }: Measurement): void {
    const step = success ? confidence.success : confidence.failure;
    this.#database.run(patternSql.measure, step, key, owner, result);
  }

  get(key: PatternKey, owner: number): Pattern | null {
    return this.#database.get<Pattern>(patternSql.get, key, owner) ?? null;
  }
}

/** The hex part is a hash of the content. */
function sameContent(one: SherinId, other: SherinId): boolean {
  return parseSherinId(one).tag.equals(parseSherinId(other).tag);
}
