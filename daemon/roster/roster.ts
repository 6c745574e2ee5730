import { SherinError } from '../../common/errors.js';
import { type BotProgram, readBot } from '../bots/bot-program.js';
import { HostedBot, type HostedState, type HostingParts } from './hosted-bot.js';
import type { Registry } from './registry.js';

/** How often bots that could not be started, because nothing was mounted for example, are tried again. */
const againMs = 5_000;

/** `waits-for-vault`: it is to run, and is started once the vault is open and mounted. */
export type RosterState = HostedState | 'waits-for-vault';

/** All bots of the vault, and when they run: from its opening to the end of that sherin-fs, while it is mounted and no emergency stop is on. A lock leaves them; they can read nothing then. */
export class Roster {
  readonly #registry: Registry;
  readonly #parts: HostingParts;
  readonly #bots = new Map<string, HostedBot>();
  readonly #timer: NodeJS.Timeout;
  /** The vault was opened by the sherin-fs that runs. */
  #open = false;
  /** False: the vault was unmounted by the sherin-fs that runs. */
  #mounted = true;
  /** The emergency stop is on, or sherind ends. */
  #halted = false;

  constructor(registry: Registry, parts: HostingParts) {
    this.#registry = registry;
    this.#parts = parts;
    for (const registered of registry.all()) this.#bots.set(registered.bot, new HostedBot(registered, parts));
    this.#timer = setInterval(() => this.#startAll(), againMs).unref();
  }

  all(): readonly HostedBot[] {
    return [...this.#bots.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** @throws SherinError BOT_UNKNOWN */
  get(name: string): HostedBot {
    const bot = this.#bots.get(name);
    if (bot === undefined) throw new SherinError('BOT_UNKNOWN', { bot: name });
    return bot;
  }

  stateOf({ state, registered, shutOut }: HostedBot): RosterState {
    const waits =
      state === 'stopped' && registered.wanted && !this.#halted && (!this.#open || !this.#mounted || shutOut);
    return waits ? 'waits-for-vault' : state;
  }

  /** Who works in a domain, the first in turn first: those that are ready, then those that will be. */
  of(domain: string): readonly HostedBot[] {
    const all: HostedBot[] = [];
    for (const bot of this.#bots.values()) {
      if (bot.program?.manifest.domain === domain && bot.registered.wanted && !bot.broken) all.push(bot);
    }
    const turn = ({ state, name }: HostedBot) => `${state === 'ready' ? 0 : 1} ${name}`;
    return all.length < 2 ? all : all.sort((one, other) => (turn(one) < turn(other) ? -1 : 1));
  }

  /** The vault was opened: bots that do not run are started. */
  opened(): void {
    this.#open = true;
    this.#startAll();
  }

  /** The sherin-fs that had their folders has ended: what they see is not there any more. Another will open the vault. */
  async lost(): Promise<void> {
    this.#open = false;
    this.#mounted = true;
    await this.#stopAll();
  }

  /** The vault is mounted anew, or not any more: what bots saw is not there. They start anew where it is. */
  async mounted(mounted: boolean): Promise<void> {
    this.#mounted = mounted;
    await this.#stopAll();
    this.#startAll();
  }

  /** Ends all of them until {@link resume}. */
  async halt(): Promise<void> {
    this.#halted = true;
    await this.#stopAll();
  }

  /** None runs or is started, until {@link resume}. */
  get halted(): boolean {
    return this.#halted;
  }

  resume(): void {
    if (!this.#halted) return;
    this.#halted = false;
    this.#startAll();
  }

  /** No bot is started any more. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.halt();
  }

  /** What a folder holds; the log says what is wrong with it, which no answer may. @throws SherinError BOT_MANIFEST, BOT_UNSAFE */
  inspect(folder: string): BotProgram {
    try {
      return readBot(folder);
    } catch (error) {
      if (error instanceof SherinError) this.#parts.log.warn({ code: error.code }, error.message);
      throw error;
    }
  }

  /** In place of what had this name. @throws SherinError BOT_MANIFEST, BOT_UNSAFE, USAGE; as {@link HostedBot.start}: it is registered all the same */
  async register(name: string, folder: string): Promise<HostedBot> {
    const bot = await this.#replace(name, () => this.#registry.put(name, folder));
    await this.#start(bot);
    return bot;
  }

  /** @throws SherinError BOT_UNKNOWN; as {@link HostedBot.start} */
  async start(name: string): Promise<void> {
    this.get(name);
    await this.#start(await this.#replace(name, () => this.#registry.want(name, true)));
  }

  /** @throws SherinError BOT_UNKNOWN */
  async stop(name: string): Promise<void> {
    this.get(name);
    await this.#replace(name, () => this.#registry.want(name, false));
  }

  /** One that comes along is there again from its own folder, and runs unless it was stopped. @throws SherinError BOT_UNKNOWN */
  async remove(name: string): Promise<void> {
    this.get(name);
    await this.#replace(name, () => this.#registry.remove(name)).catch((error: unknown) => {
      if (!(error instanceof SherinError && error.code === 'BOT_UNKNOWN')) throw error;
    });
    this.#startAll();
  }

  /**
   * Puts in the place of a bot what is registered after a change. What others who ask at the same time have put there is ended, too: what this
   * map does not have nobody could stop.
   * @throws SherinError BOT_UNKNOWN where nothing is registered then
   */
  async #replace(name: string, change: () => void): Promise<HostedBot> {
    let bot: HostedBot | undefined;
    do {
      bot = this.#bots.get(name);
      await bot?.retire();
    } while (this.#bots.get(name) !== bot);
    try {
      change();
    } finally {
      this.#bots.delete(name);
      const registered = this.#registry.all().find((one) => one.bot === name);
      if (registered !== undefined) this.#bots.set(name, new HostedBot(registered, this.#parts));
    }
    return this.get(name);
  }

  async #start(bot: HostedBot): Promise<void> {
    if (this.#open && this.#mounted && !this.#halted) await bot.start();
  }

  #startAll(): void {
    for (const bot of this.#bots.values()) {
      const { state } = bot;
      if (!bot.registered.wanted || !(state === 'stopped' || state === 'faulty')) continue;
      this.#start(bot).catch((error: unknown) => {
        const code = error instanceof SherinError ? error.code : 'IO';
        this.#parts.log.warn({ bot: bot.name, code }, 'a bot could not be started');
      });
    }
  }

  async #stopAll(): Promise<void> {
    await Promise.all([...this.#bots.values()].map((bot) => bot.stop()));
  }
}
