import { join } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import type { Logger } from '../../common/log.js';
import { Turns } from '../../common/turns.js';
import { type BotProgram, readBot } from '../bots/bot-program.js';
import { usualPatience } from '../bots/instance.js';
import type { Refusal } from '../bots/refusal.js';
import { type BotFacts, SupervisedBot } from '../bots/supervised-bot.js';
import type { FsLink } from '../fs-link.js';
import type { Registered } from './registry.js';

/** What a bot is in; beside those of {@link SupervisedBot} `faulty`: it could not be started at all. */
export type HostedState = BotFacts['state'] | 'faulty';

export interface HostingParts {
  readonly fs: FsLink;
  readonly log: Logger;
  /** A folder of sherind that others may pass. */
  readonly runtime: string;
  /** Where the vault is mounted; null: nowhere. */
  readonly mount: () => Promise<string | null>;
  readonly changed: (bot: HostedBot) => void;
  readonly refused: (bot: HostedBot, refusal: Refusal) => void;
}

/** States that a bot does not leave by itself. */
const broken: readonly HostedState[] = ['failed', 'faulty'];

/** Another start without a change of something would meet the same. */
const lasting: readonly string[] = [
  ...['BOT_MANIFEST', 'BOT_UNSAFE', 'BOT_FAILED', 'SANDBOX_FAILED', 'TOOL_MISSING'],
];

const neverRan: BotFacts = { state: 'stopped', restarts: 0, lastEnd: null, limits: null };

/** Nothing is wrong with the bot: the vault is not mounted, or sherin-fs is away or takes no connection. */
const elsewhere: readonly string[] = ['NOT_RUNNING', 'FS_FULL', 'BOT_WAITS'];

/** What `bot.close` is refused with where there is no such folder. */
const gone: readonly string[] = ['NOT_RUNNING', 'BOT_UNKNOWN'];

/** As {@link elsewhere}, or the vault is not open. */
function isClosed({ exit, code }: SherinError): boolean {
  return exit === Exit.locked || elsewhere.includes(code);
}

/** One bot that is registered, whether it runs or not: its folder at the mount, and its program. */
export class HostedBot {
  readonly registered: Registered;
  readonly #parts: HostingParts;
  readonly #log: Logger;
  readonly #turns = new Turns();
  #program: BotProgram | null = null;
  #running: SupervisedBot | null = null;
  /** sherin-fs may have a folder of it, with grants: at first that of a sherind which was killed. */
  #opened = true;
  #fault: SherinError | null = null;
  /** Its last start has failed because the vault is closed. */
  #shutOut = false;
  #stops = 0;
  /** {@link stops} when what runs was asked for. */
  #begunAt = 0;
  #retired = false;

  constructor(registered: Registered, parts: HostingParts) {
    this.registered = registered;
    this.#parts = parts;
    this.#log = parts.log.child({ bot: registered.bot });
    this.#read();
  }

  get name(): string {
    return this.registered.bot;
  }

  /** As its folder says; null where that can not be read. */
  get program(): BotProgram | null {
    return this.#program;
  }

  /** What runs of it, and has a folder; null as soon as it is to end. */
  get running(): SupervisedBot | null {
    return this.#begunAt === this.#stops ? this.#running : null;
  }

  get state(): HostedState {
    return this.#fault === null ? (this.#running?.state ?? neverRan.state) : 'faulty';
  }

  get facts(): Omit<BotFacts, 'state'> & { readonly state: HostedState; readonly fault: string | null } {
    const facts = this.#running?.facts ?? neverRan;
    return { ...facts, state: this.state, fault: this.#fault?.code ?? null };
  }

  /** It could not be started because the vault is closed. */
  get shutOut(): boolean {
    return this.#shutOut;
  }

  /** It does not come back by itself. */
  get broken(): boolean {
    return broken.includes(this.state);
  }

  /** Resolves once it is ready; harmless where it runs. @throws SherinError BOT_MANIFEST, BOT_UNSAFE, BOT_FAILED, SANDBOX_FAILED, TOOL_MISSING; LOCKED, NOT_RUNNING… */
  start(): Promise<void> {
    const stops = this.#stops;
    return this.#turns.run(async () => {
      if (this.#retired) throw this.#isStopped();
      if (this.#running !== null && this.#running.state !== 'failed') return;
      await this.#end();
      this.#fault = null;
      try {
        await this.#begin(stops);
      } catch (error) {
        await this.#end();
        // What was ended in the middle of its start has failed at nothing.
        if (this.#stops !== stops) throw this.#isStopped();
        this.#shutOut = error instanceof SherinError && isClosed(error);
        if (error instanceof SherinError && lasting.includes(error.code)) {
          this.#fault = error;
          this.#parts.changed(this);
        }
        throw error;
      }
    });
  }

  /** Ends its processes at once, in the middle of a start, too; resolves when they are gone. */
  async stop(): Promise<void> {
    this.#stops += 1;
    // A start that is asked for from now on comes after it.
    const ended = this.#turns.run(() => this.#end());
    await this.#running?.stop();
    await ended;
  }

  /** Another takes its place: as {@link stop}, and no start comes after it. */
  async retire(): Promise<void> {
    this.#retired = true;
    await this.stop();
  }

  /** How often it was stopped: whoever waits for it sees that it was, since. */
  get stops(): number {
    return this.#stops;
  }

  get retired(): boolean {
    return this.#retired;
  }

  #isStopped(): SherinError {
    return new SherinError('BOT_WAITS', { bot: this.name, part: 'it is stopped' });
  }

  /** @param stops how often it had been stopped when this was asked for */
  async #begin(stops: number): Promise<void> {
    const program = this.#read();
    if (program === null) throw this.#fault ?? new SherinError('BOT_UNKNOWN', { bot: this.name });
    const { fs, runtime, mount, changed, refused } = this.#parts;
    const { uid } = this.registered;
    const top = await mount();
    if (top === null)
      throw new SherinError('BOT_WAITS', { bot: this.name, part: 'the vault is not mounted' });
    this.#opened = true;
    await fs.call('bot.open', { bot: this.name, uid: uid ?? process.getuid?.() ?? 0 });
    this.#shutOut = false;
    if (this.#stops !== stops) throw this.#isStopped();
    const running = new SupervisedBot({
      ...{ program, runtime, uid, log: this.#parts.log, patience: usualPatience },
      mount: join(top, 'bots', this.name),
      changed: () => changed(this),
      refused: (refusal) => refused(this, refusal),
    });
    this.#running = running;
    this.#begunAt = stops;
    await running.start();
  }

  async #end(): Promise<void> {
    const running = this.#running;
    if (running !== null) {
      await running.stop();
      this.#running = null;
      this.#parts.changed(this);
    }
    if (!this.#opened) return;
    try {
      await this.#parts.fs.call('bot.close', { bot: this.name });
      this.#opened = false;
    } catch (error) {
      if (!(error instanceof SherinError)) throw error;
      // Where sherin-fs is away, so is the folder.
      this.#opened = !gone.includes(error.code);
    }
  }

  /** Its folder as it is now, which may have changed since. */
  #read(): BotProgram | null {
    try {
      const program = readBot(this.registered.folder);
      if (program.manifest.bot_id !== this.name)
        throw new SherinError('BOT_MANIFEST', {
          path: program.folder,
          part: `it is the bot ${program.manifest.bot_id} now`,
        });
      this.#program = program;
    } catch (error) {
      if (!(error instanceof SherinError)) throw error;
      this.#log.error({ code: error.code }, error.message);
      this.#program = null;
      this.#fault = error;
    }
    return this.#program;
  }
}
