import { parseSherinId, type SherinId } from '../../common/ids.js';
import type { DaemonDatabase } from '../database/database.js';
import { confidence, type Pattern } from './pattern.js';
import type { PatternKey } from './pattern-key.js';
import { patternSql } from './statements.js';

/** Whether a result exists, verifies, and the asker may read it. */
export type MayRead = (result: SherinId) => Promise<boolean>;

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
   * A result that answers the question for this asker, his own before others'; null where it has to be worked on. What he may not read is passed over, and
   * nothing tells him that it is there.
   * @throws SherinError DAEMON_DATABASE, NO_SPACE; what `mayRead` throws
   */
  async lookUp(key: PatternKey, asker: number, mayRead: MayRead): Promise<Remembered | null> {
    const candidates = this.#database.all<Pattern>(patternSql.candidates, key, asker, mostTries);
    for (const { owner, result } of candidates) {
      if (!(await mayRead(result))) continue;
      // It may have been forgotten or replaced, or measured as wrong, while this was asked.
      if (this.#database.get(patternSql.answers, key, owner, result) === undefined) continue;
      const now = this.#now();
      this.#count(() => this.#database.run(patternSql.use, { key, owner, result, now }));
      return { key, owner, result };
    }
    return null;
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
