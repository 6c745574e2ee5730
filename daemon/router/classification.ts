import { SherinError } from '../../common/errors.js';
import { parseSherinId, type SherinId } from '../../common/ids.js';
import type { DaemonDatabase } from '../database/database.js';
import { type Classified, type DomainName, domainOf, isClassified } from '../domains/catalogue.js';
import type { Planner } from './bots.js';
import type { Asker } from './objects.js';

const day = 86_400_000;
/** Milliseconds after which an answer of the planning bot is forgotten, used or not: a look at it writes nothing. */
const keptFor = 30 * day;

const sql = {
  get: 'SELECT domain, department, class FROM classifications WHERE tag = ? AND planner = ?',
  put: `INSERT OR REPLACE INTO classifications (tag, planner, domain, department, class, usedAt)
    VALUES (?, ?, ?, ?, ?, ?)`,
  forget: 'DELETE FROM classifications WHERE usedAt < ?',
} as const;

/** What a caller says of the kind of work. */
export interface Wish {
  readonly domain?: DomainName | undefined;
  readonly class?: string | undefined;
}

/** What kind of work a request is: as the caller says, or as the planning bot says, which is remembered. */
export class Classification {
  readonly #database: DaemonDatabase;
  readonly #planner: Planner | null;
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(database: DaemonDatabase, planner: Planner | null, now: () => number) {
    this.#database = database;
    this.#planner = planner;
    this.#now = now;
  }

  /**
   * As the caller says, or as was remembered; null: the planning bot has to be asked, see {@link ask}.
   * @throws SherinError USAGE for what is not in the catalogue; NO_BOT
   */
  known(request: SherinId, wish: Wish = {}): Classified | null {
    if (wish.domain !== undefined) return named(wish.domain, wish.class);
    const { tag } = parseSherinId(request);
    const { version } = this.#thePlanner();
    const known = this.#database.get<Record<keyof Classified, string>>(sql.get, tag, version);
    return known !== undefined && isClassified(known) ? known : null;
  }

  /** As the planning bot says of a request that the asker may read, from now on without asking it. @throws SherinError NO_BOT; as {@link Planner.classify} */
  async ask(request: SherinId, asker: Asker): Promise<Classified> {
    const planner = this.#thePlanner();
    const { tag } = parseSherinId(request);
    const { version } = planner;
    const found = await planner.classify(request, asker);
    if (!isClassified(found)) throw new SherinError('PROTOCOL', { part: 'a classification' });
    const { domain, department } = found;
    this.#database.run(sql.put, tag, version, domain, department, found.class, this.#now());
    return found;
  }

  /** Forgets what the planning bot said long ago; how many there were. */
  forget(): number {
    return this.#database.run(sql.forget, this.#now() - keptFor);
  }

  #thePlanner(): Planner {
    if (this.#planner === null) throw new SherinError('NO_BOT', { domain: 'planning' });
    return this.#planner;
  }
}

/** The catalogue's first department, and its first class where none is given. @throws SherinError USAGE */
export function named(domain: DomainName, wanted?: string): Classified {
  const { departments, classes } = domainOf(domain);
  const found = { domain, department: departments[0], class: wanted ?? classes[0] };
  if (isClassified(found)) return found;
  throw new SherinError('USAGE', { what: `class: one of ${classes.join(', ')} is wanted` });
}
