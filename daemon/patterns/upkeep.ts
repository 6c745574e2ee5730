import type { DaemonDatabase } from '../database/database.js';
import type { Looks } from './looks.js';
import { archiveAfter, mostPerOwner, type Pattern, tombstoneFor } from './pattern.js';
import type { PatternKey } from './pattern-key.js';
import { patternSql } from './statements.js';

/** The decision of policy on one promotion (action `pattern_promotion`): true for approved or auto_approved. */
export type MayPromote = (pattern: Pattern) => Promise<boolean>;

/** What an hour's upkeep has done, in patterns. */
export interface UpkeepDone {
  readonly promoted: number;
  readonly archived: number;
  readonly pruned: number;
  /** Beyond what one owner may have. */
  readonly dropped: number;
}

/** Patterns asked about at a time. */
const page = 100;

/** What happens to patterns without anyone asking; sherind calls it every hour. */
export class PatternUpkeep {
  readonly #database: DaemonDatabase;
  readonly #looks: Looks;
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(database: DaemonDatabase, looks: Looks, now: () => number = Date.now) {
    this.#database = database;
    this.#looks = looks;
    this.#now = now;
  }

  /** @throws SherinError DAEMON_DATABASE, NO_SPACE; what `mayPromote` throws, with the rest done already */
  async run(mayPromote: MayPromote): Promise<UpkeepDone> {
    const now = this.#now();
    this.#looks.forget();
    const done = this.#database.transaction(() => {
      this.#database.run(patternSql.dropTombstones, now);
      const pruned = this.#prune(now);
      const archived = this.#database.run(patternSql.archive, now - archiveAfter);
      return { pruned, archived, dropped: this.#dropBeyond() };
    });
    return { ...done, promoted: await this.#promoteRipe(mayPromote) };
  }

  /** Promotes one that is still ripe, as when a decision comes late; false where it is not. */
  promote({ key, owner }: Pick<Pattern, 'key' | 'owner'>): boolean {
    this.#looks.forget();
    return this.#database.run(patternSql.promote, key, owner) > 0;
  }

  /** As {@link promote}, of one that is known by the first 16 bytes of its key. */
  promoteNamed(start: Buffer, owner: number): boolean {
    this.#looks.forget();
    return this.#database.run(patternSql.promoteNamed, start, owner) > 0;
  }

  async #promoteRipe(mayPromote: MayPromote): Promise<number> {
    let promoted = 0;
    let after: Pick<Pattern, 'key' | 'owner'> = { key: Buffer.alloc(0) as unknown as PatternKey, owner: -1 };
    for (;;) {
      const ripe = this.#database.all<Pattern>(patternSql.ripe, after.key, after.owner, page);
      for (const pattern of ripe) if ((await mayPromote(pattern)) && this.promote(pattern)) promoted += 1;
      const last = ripe.at(-1);
      if (last === undefined) return promoted;
      after = last;
    }
  }

  /** A tombstone takes the place of what was hardly used and mostly wrong. */
  #prune(now: number): number {
    const weak = this.#database.all<Pick<Pattern, 'key' | 'owner'>>(patternSql.weak);
    for (const { key, owner } of weak) {
      this.#database.run(patternSql.bury, key, owner, now + tombstoneFor);
      this.#database.run(patternSql.remove, key, owner);
    }
    return weak.length;
  }

  #dropBeyond(): number {
    const crowded = this.#database.all<{ owner: number; patterns: number }>(patternSql.crowded, mostPerOwner);
    let dropped = 0;
    for (const { owner, patterns } of crowded) {
      let beyond = patterns - mostPerOwner;
      for (const stage of ['archive', 'immediate', 'pattern'] as const) {
        const oldest = this.#database.all<Pick<Pattern, 'key' | 'owner'>>(
          patternSql.oldest,
          owner,
          stage,
          beyond,
        );
        for (const { key } of oldest) this.#database.run(patternSql.remove, key, owner);
        beyond -= oldest.length;
        dropped += oldest.length;
      }
    }
    return dropped;
  }
}
