import { SherinError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { Refusal } from '../bots/refusal.js';
import type { FsLink } from '../fs-link.js';
import type { HostedBot, HostedState } from './hosted-bot.js';

/** Refusals on their way into the log at the same time; of those beyond them the log gets the number. */
const mostPending = 64;

/** What becomes of bots, in the audit log. */
export class BotRecords {
  readonly #fs: FsLink;
  readonly #log: Logger;
  readonly #states = new Map<string, HostedState>();
  #pending = 0;
  /** Refusals that have no record of their own. */
  #missed = 0;

  constructor(fs: FsLink, log: Logger) {
    this.#fs = fs;
    this.#log = log;
  }

  /** True where its state is another one than before. */
  changed({ name, facts: { state } }: HostedBot): boolean {
    if (this.#states.get(name) === state) return false;
    this.#states.set(name, state);
    void this.#record('AUDIT_BOT_STATE', null, { bot: name, state }, false);
    return true;
  }

  refused({ name }: HostedBot, { reason, sender: { pid, uid }, taskId }: Refusal): void {
    this.#log.warn({ bot: name, reason }, 'a datagram was refused');
    if (this.#pending >= mostPending) this.#missed += 1;
    else void this.#record('AUDIT_BOT_REFUSED', taskId, { bot: name, reason, pid, uid }, true);
  }

  #recordMissed(): void {
    const missed = this.#missed;
    if (missed === 0 || this.#pending >= mostPending) return;
    this.#missed = 0;
    void this.#record('AUDIT_BOT_REFUSED', null, { missed }, true);
  }

  async #record(
    event: string,
    id: string | null,
    meta: Readonly<Record<string, string | number>>,
    durable: boolean,
  ): Promise<void> {
    this.#pending += 1;
    try {
      const entries = [{ events: [{ event, id, meta }], caller: null }];
      await this.#fs.call('audit.append', { entries, durable });
    } catch (error) {
      // While the vault is closed nothing can be written there.
      const code = error instanceof SherinError ? error.code : 'IO';
      this.#log.warn({ code, event }, 'what became of a bot could not be recorded');
    } finally {
      this.#pending -= 1;
      this.#recordMissed();
    }
  }
}
