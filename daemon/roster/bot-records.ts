import { SherinError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { Refusal } from '../bots/refusal.js';
import type { FsLink } from '../fs-link.js';
import type { HostedBot, HostedState } from './hosted-bot.js';

/** Refusals on their way into the log at the same time; what comes beyond them is counted here only. */
const mostPending = 64;

/** What becomes of bots, in the audit log. */
export class BotRecords {
  readonly #fs: FsLink;
  readonly #log: Logger;
  readonly #states = new Map<string, HostedState>();
  #pending = 0;

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
    if (this.#pending >= mostPending) return;
    void this.#record('AUDIT_BOT_REFUSED', taskId, { bot: name, reason, pid, uid }, true);
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
    }
  }
}
