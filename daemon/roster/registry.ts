/** Which bots there are: a link to the folder of each in sherind's directory, and in its database what has to outlive a restart. */
import { chmodSync, existsSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { makeDirectories } from '../../common/make-directories.js';
import { freeBotUser } from '../bots/bot-users.js';
import type { DaemonDatabase } from '../database/database.js';

/** Bots of one sherind. */
const mostBots = 64;
/** Of how many, removed ones among them, it is known which user they have. */
const mostKnown = 256;

export interface Registered {
  readonly bot: string;
  readonly folder: string;
  /** Its user outside; null: the one who runs sherind. */
  readonly uid: number | null;
  /** It is to run. */
  readonly wanted: boolean;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

interface Row {
  readonly bot: string;
  readonly uid: number;
  readonly wanted: number;
  readonly updatedAt: number;
}

const sql = {
  all: 'SELECT bot, uid, wanted, updatedAt FROM bots ORDER BY bot',
  put: 'INSERT INTO bots (bot, uid, wanted, updatedAt) VALUES (?, ?, 1, ?) ON CONFLICT DO UPDATE SET wanted = 1, updatedAt = excluded.updatedAt',
  want: 'UPDATE bots SET wanted = ?, updatedAt = ? WHERE bot = ?',
  touch: 'UPDATE bots SET updatedAt = ? WHERE bot = ?',
  forget: 'DELETE FROM bots WHERE bot = ?',
} as const;

export class Registry {
  readonly #database: DaemonDatabase;
  readonly #links: string;
  readonly #shipped: ReadonlyMap<string, string>;
  readonly #now: () => number;

  /**
   * @param directory of sherind, for this vault
   * @param shipped folders of the bots that come along, by name
   */
  constructor(
    database: DaemonDatabase,
    directory: string,
    shipped: ReadonlyMap<string, string>,
    now: () => number,
  ) {
    this.#database = database;
    this.#links = join(directory, 'bots');
    this.#shipped = shipped;
    this.#now = now;
    makeDirectories(this.#links, 0o700);
    chmodSync(this.#links, 0o700);
    const known = new Set(this.#rows().map(({ bot }) => bot));
    for (const bot of shipped.keys()) if (!known.has(bot)) this.#put(bot);
  }

  /** By name. A bot whose folder nobody names any more has its user still, and is not here. */
  all(): readonly Registered[] {
    const folders = this.#folders();
    return this.#rows().flatMap(({ bot, uid, wanted, updatedAt }) => {
      const folder = folders.get(bot);
      const own = process.getuid?.() === 0 ? uid : null;
      return folder === undefined ? [] : [{ bot, folder, uid: own, wanted: wanted === 1, updatedAt }];
    });
  }

  /** In place of the folder that it had. @param folder absolute, without links @throws SherinError USAGE when there are too many; SANDBOX_FAILED */
  put(bot: string, folder: string): void {
    const folders = this.#folders();
    if (!folders.has(bot) && folders.size >= mostBots)
      throw new SherinError('USAGE', { what: `there are ${mostBots} bots, and no more can be registered` });
    this.#put(bot);
    const link = join(this.#links, bot);
    const made = `${link}.new`;
    rmSync(made, { force: true });
    symlinkSync(folder, made);
    renameSync(made, link);
  }

  want(bot: string, wanted: boolean): void {
    this.#database.run(sql.want, wanted ? 1 : 0, this.#now(), bot);
  }

  /**
   * Whoever registers that name again gives it the user that it had, and what was measured of its versions counts still: to remove
   * a bot makes no good one of it. A bot that comes along is there again, stopped where it was.
   */
  remove(bot: string): void {
    rmSync(join(this.#links, bot), { force: true });
    this.#database.run(sql.touch, this.#now(), bot);
  }

  #put(bot: string): void {
    if (!this.#rows().some((row) => row.bot === bot)) this.#makeRoom();
    const rows = this.#rows();
    const known = rows.find((row) => row.bot === bot);
    const uid = known?.uid ?? freeBotUser(new Set(rows.map((row) => row.uid)));
    this.#database.run(sql.put, bot, uid, this.#now());
  }

  /** Those that were removed longest ago are forgotten: there are only so many users. */
  #makeRoom(): void {
    const folders = this.#folders();
    const rows = this.#rows();
    const removed = rows.filter(({ bot }) => !folders.has(bot)).sort((a, b) => a.updatedAt - b.updatedAt);
    for (const { bot } of removed.slice(0, Math.max(0, rows.length - mostKnown + 1)))
      this.#database.run(sql.forget, bot);
  }

  #rows(): readonly Row[] {
    return this.#database.all<Row>(sql.all);
  }

  #folders(): ReadonlyMap<string, string> {
    const linked = readdirSync(this.#links)
      .filter((name) => !name.endsWith('.new'))
      .map((name) => [name, readlinkSync(join(this.#links, name))] as const);
    return new Map([...this.#shipped, ...linked]);
  }
}

/** Bots that come along with sherind: a folder each. */
export function shippedBots(folder: string): ReadonlyMap<string, string> {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return new Map(names.map((name) => [name, join(folder, name)]));
}
