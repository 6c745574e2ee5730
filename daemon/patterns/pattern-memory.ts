import { parseSherinId, type SherinId } from '../../common/ids.js';
import type { DaemonDatabase } from '../database/database.js';
import type { Looks } from './looks.js';
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

/** An answer that was given, how often, and when last. */
interface Given extends Remembered {
  uses: number;
  now: number;
}

/** Stores things of a kind: each at once, or many together some time later. */
type Gather = <Item>(store: (items: readonly Item[]) => void) => (item: Item) => void;

/** Answers by question. Only IDs and hashes are kept; whether a question is equal shows the key alone. */
export class PatternMemory {
  readonly #database: DaemonDatabase;
  readonly #looks: Looks;
  readonly #now: () => number;
  readonly #count: (given: Given) => void;

  /**
   * @param now milliseconds since 1970
   * @param gather stores that answers were given; whoever got one need not wait for that
   */
  constructor(
    database: DaemonDatabase,
    looks: Looks,
    now: () => number = Date.now,
    gather: Gather = (store) => (item) => store([item]),
  ) {
    this.#database = database;
    this.#looks = looks;
    this.#now = now;
    this.#count = gather((given) => this.#store(given));
  }

  /**
   * Results that might answer the question, the asker's own before others'. Which of them he may read is for others to say; what he may not is passed over, and
   * nothing tells him that it is there.
   * @throws SherinError DAEMON_DATABASE, NO_SPACE
   */
  candidates(key: PatternKey, asker: number): readonly Remembered[] {
    return this.#looks.at(key, asker).answers;
  }

  /**
   * Counts that one of them is given as the answer. False: it was forgotten or replaced, or measured as wrong, since.
   * @throws as {@link candidates}
   */
  give({ key, owner, result }: Remembered): boolean {
    // Its owner has one answer to a question, and it comes first.
    const [own] = this.#looks.at(key, owner).answers;
    if (own?.owner !== owner || own.result !== result) return false;
    this.#count({ key, owner, result, uses: 1, now: this.#now() });
    return true;
  }

  #store(all: readonly Given[]): void {
    // An answer comes from one look most times: the same key, in the same place of memory.
    const together = new Map<PatternKey, Given[]>();
    for (const given of all) {
      const ofKey = together.get(given.key) ?? [];
      const known = ofKey.find(({ owner, result }) => owner === given.owner && result === given.result);
      if (known === undefined) together.set(given.key, [...ofKey, { ...given }]);
      else {
        known.uses += given.uses;
        known.now = given.now;
      }
    }
    for (const { key, owner, result, uses, now } of [...together.values()].flat()) {
      const [own] = this.#looks.at(key, owner).patterns;
      this.#database.run(patternSql.use, { key, owner, result, uses, now });
      // What is used is archived no more: it may come before others.
      if (own?.stage === 'archive') this.#looks.forget();
    }
  }

  /**
   * Remembers the result of a task that is done; false while a tombstone says that the question was answered badly before. The same result again, whatever
   * its day, keeps its confidence; another one begins anew.
   */
  learn({ key, owner, result }: Remembered): boolean {
    this.#looks.forget();
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
    this.#looks.forget();
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
