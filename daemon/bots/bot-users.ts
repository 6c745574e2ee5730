import { SherinError } from '../../common/errors.js';

/** Users outside the sandbox that bots are run as, the first and the last. */
export interface BotUsers {
  readonly first: number;
  readonly last: number;
}

/**
 * Away from every range that a Debian machine gives out by itself: its own (0–65533), those of systemd (up to 65519; 524288 to
 * 1879048191) and sub-users (from 100000 on).
 */
export const usualBotUsers: BotUsers = { first: 1_900_000_000, last: 1_900_000_999 };

/**
 * A user for a new bot. It is the bot's as long as its name is known: files are told apart by it.
 * @param taken those that other bots have @throws SherinError SANDBOX_FAILED when there is none left
 */
export function freeBotUser(taken: ReadonlySet<number>, { first, last }: BotUsers = usualBotUsers): number {
  for (let uid = first; uid <= last; uid++) if (!taken.has(uid)) return uid;
  throw new SherinError('SANDBOX_FAILED', { part: `all users from ${first} to ${last} are taken` });
}
