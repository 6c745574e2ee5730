import { SherinError } from '../../common/errors.js';
import type { FreezeMark } from '../../common/freeze-mark.js';
import type { Logger } from '../../common/log.js';
import type { Stop } from '../../common/policy-scales.js';
import type { AuditEvent } from '../audit/event.js';
import type { Caller } from '../mount/source.js';
import { within } from '../mount/within.js';
import { actorOf } from './actor.js';
import { PolicyHold } from './policy-hold.js';
import { PolicyRecord } from './session/policy-record.js';
import type { Session } from './session/session.js';

/** What committing may take before changes are refused all the same. */
const commitMs = 20_000;

export interface FreezingParts {
  readonly current: () => Session | null;
  /** Brings what only the kernel has; answers when it is here. */
  readonly flush: () => Promise<void>;
  /** Of a freeze that sherind knows of and the vault does not; null: sherind keeps nothing of this vault. */
  readonly mark: FreezeMark | null;
  readonly note: (event: AuditEvent) => Promise<void>;
  readonly log: Logger;
}

/** The emergency stop with `freeze`: everything is committed, and nothing more is changed. */
export class Freezing {
  /** Told of the vault's record as it is read and written. */
  readonly hold = new PolicyHold();
  readonly #parts: FreezingParts;
  /** By whoever asked in this run, whatever the vault's record says. */
  #asked = false;
  /** By sherind's mark, as it was found at the start or at the opening of the vault. */
  #marked: boolean;
  /** By the vault's record, as it was read or written last. */
  #recorded: 'freeze' | 'unreadable' | null = null;

  constructor(parts: FreezingParts) {
    this.#parts = parts;
    this.#marked = parts.mark?.there ?? false;
  }

  get on(): boolean {
    return this.#asked || this.#marked || this.#recorded !== null;
  }

  /** Why nothing is changed now; null: it can be. */
  get reason(): SherinError | null {
    if (!this.on) return null;
    const unreadable = !this.#asked && !this.#marked && this.#recorded === 'unreadable';
    return new SherinError(unreadable ? 'POLICY_UNREADABLE' : 'FROZEN');
  }

  /** @throws SherinError FROZEN, POLICY_UNREADABLE */
  requireOff(): void {
    const { reason } = this;
    if (reason !== null) throw reason;
  }

  /** A vault was opened, and is not served yet: its record holds, also where nobody else is there to say so, and what sherind has marked. */
  async opened(session: Session): Promise<void> {
    this.#marked ||= this.#parts.mark?.there ?? false;
    try {
      const bytes = await new PolicyRecord(session, 'policy').read();
      const state =
        bytes === null ? null : (JSON.parse(bytes.toString('utf8')) as { readonly stop?: unknown });
      this.hold.obey(state);
      this.#recorded = state?.stop === 'freeze' ? 'freeze' : null;
    } catch (error) {
      const code = error instanceof SherinError ? error.code : 'malformed';
      this.#parts.log.error({ code }, 'the policy can not be read: nothing is changed in the vault');
      this.#recorded = 'unreadable';
    }
  }

  /** The vault's record says so from now on. */
  wrote(state: { readonly stop: Stop }): void {
    const { stop } = state;
    this.hold.obey(state);
    this.#recorded = stop === 'freeze' ? 'freeze' : null;
    if (stop === 'freeze') this.#parts.current()?.writing.rewriting.recall();
    else [this.#asked, this.#marked] = [false, false];
  }

  /** Commits what programs have written, pages that only the kernel has included, and refuses changes, whether or not that succeeds. */
  async freeze(peer: Caller): Promise<void> {
    if (this.#asked) return;
    const isNew = !this.on;
    const { current, flush, note, log } = this.#parts;
    const commit = async (): Promise<SherinError | null> => {
      if (isNew) await flush();
      this.#asked = true;
      current()?.writing.rewriting.recall();
      return (await current()?.writing.durability.keep()) ?? null;
    };
    let failed: unknown = new SherinError('TIMEOUT', { what: 'committing', seconds: commitMs / 1000 });
    try {
      const result = await within(commit(), commitMs);
      if (result !== undefined) failed = result;
    } catch (error) {
      failed = error;
    } finally {
      this.#asked = true;
    }
    if (failed !== null)
      log.error({ err: failed }, 'the vault is frozen, and not all that was written is committed');
    const code = failed === null ? null : failed instanceof SherinError ? failed.code : 'IO';
    await note({
      event: 'AUDIT_FREEZE',
      id: null,
      actor: actorOf(peer),
      meta: { committed: failed === null, code },
    });
  }
}
