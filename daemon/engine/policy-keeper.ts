/** The policy engine at work: its state, which the vault keeps and sherind's database copies, and every change of it on record. */
import { SherinError } from '../../common/errors.js';
import type { FreezeMark } from '../../common/freeze-mark.js';
import type { Logger } from '../../common/log.js';
import type { Stop } from '../../common/policy-scales.js';
import { Turns } from '../../common/turns.js';
import { findingOf } from '../policy/cache.js';
import type { Change, PolicyEvent } from '../policy/change.js';
import { firstState, type PolicyState, policyStateSchema } from '../policy/state.js';
import { setStop, stopInForce } from '../policy/stop.js';
import type { ControlCaller } from '../protocol/objects.js';
import type { PolicyCache } from './policy-cache.js';
import type { UnrecordedStops } from './unrecorded-stops.js';

/** What the vault is asked for; sherin-fs answers. */
export interface VaultPolicy {
  /** @throws SherinError LOCKED and what else keeps the vault closed */
  read(): Promise<unknown>;
  /** Durable when it resolves. @throws SherinError as {@link read}; AUDIT_UNWRITABLE, NO_SPACE, IO: nothing has changed then */
  write(state: PolicyState, events: readonly PolicyEvent[], caller: ControlCaller | null): Promise<void>;
  /** Has the vault commit everything and refuse changes, whatever becomes of {@link write}. @throws SherinError where sherin-fs does not answer */
  freeze(caller: ControlCaller | null): Promise<void>;
  /** Appended when it resolves, durable within some milliseconds. @throws SherinError as {@link write} */
  record(events: readonly PolicyEvent[], caller: ControlCaller | null): Promise<void>;
}

export interface PolicyKeeperParts {
  readonly vault: VaultPolicy;
  readonly cache: PolicyCache;
  /** Tells a sherin-fs that starts before the vault has the freeze. */
  readonly mark: FreezeMark;
  readonly stops: UnrecordedStops;
  readonly log: Logger;
}

export class PolicyKeeper {
  readonly #parts: PolicyKeeperParts;
  readonly #turns = new Turns();
  readonly #watching = new Set<() => void>();
  /** As the vault has it; null until it was read. */
  #known: PolicyState | null = null;
  #stop: Stop;

  constructor(parts: PolicyKeeperParts) {
    this.#parts = parts;
    const cached = parts.cache.read();
    // A copy that somebody has made unreadable might have said so.
    const copied = cached === 'edited' ? 'on' : cached === 'nothing' ? 'off' : cached.stop;
    this.#stop = parts.mark.there ? 'freeze' : copied;
  }

  /** What applies now, without a look at the vault: while that is locked, only the stop of the copy does. */
  get stop(): Stop {
    return this.#stop;
  }

  /** As the vault has it; null until it was read. */
  get known(): PolicyState | null {
    return this.#known;
  }

  /** Calls `changed` after each change, and when it was read; gives what ends that. One that throws keeps neither the others nor the change from anything. */
  watch(changed: () => void): () => void {
    this.#watching.add(changed);
    return () => this.#watching.delete(changed);
  }

  /** @throws SherinError LOCKED and what else keeps the vault closed, before it was read once */
  state(): Promise<PolicyState> {
    return this.#turns.run(() => this.#state());
  }

  /** The vault was opened: what it has wins, and gets a stop that was set meanwhile. @throws SherinError as {@link VaultPolicy} */
  async opened(): Promise<void> {
    await this.#turns.run(async () => {
      this.#known = null;
      await this.#state();
    });
  }

  /**
   * Makes one change: on record and in the vault, then in the copy, then it applies.
   * @throws SherinError what `step` throws, and as {@link VaultPolicy.write}: nothing has changed then
   */
  async change<C extends Change>(step: (state: PolicyState) => C, caller: ControlCaller | null): Promise<C> {
    const { made, recorded } = await this.#turns.run(async () => {
      const before = await this.#state();
      const made = step(before);
      if (made.state !== before) {
        // The vault has the freeze that is ended; what opens it after this one needs no other word.
        if (made.state.stop !== 'freeze') this.#unmark();
        await this.#parts.vault.write(made.state, made.events, caller);
        this.#take(made.state, this.#stop === before.stop ? 'off' : this.#stop);
      } else if (made.events.length > 0)
        return { made, recorded: this.#parts.vault.record(made.events, caller) };
      return { made, recorded: null };
    });
    // Whoever changes nothing holds up nobody, and is recorded together with others.
    await recorded;
    return made;
  }

  /** Sets the emergency stop. One that tightens holds at once, whatever becomes of the vault and the log. @throws SherinError as {@link change}, where it does not tighten */
  async setStop(stop: Stop, caller: ControlCaller | null): Promise<void> {
    const tightens = stopInForce(this.#stop, stop) !== this.#stop;
    if (tightens) this.#tighten(stop, caller);
    if (stop === 'freeze') await this.#freeze(caller);
    try {
      // What was read just now may have it already, see #read.
      await this.change(
        (state) => (state.stop === stop ? { state, events: [] } : setStop(state, stop)),
        caller,
      );
    } catch (error) {
      if (!tightens) throw error;
      this.#parts.log.error(
        { err: error, stop },
        'the emergency stop holds, and the vault does not have it yet',
      );
    }
  }

  async #freeze(caller: ControlCaller | null): Promise<void> {
    try {
      await this.#parts.vault.freeze(caller);
    } catch (error) {
      this.#parts.log.error({ err: error }, 'the mount is to be frozen, and sherin-fs does not answer yet');
    }
  }

  /** In the copy, which a restart reads. */
  #tighten(stop: Stop, caller: ControlCaller | null): void {
    this.#applies(stop);
    this.#parts.stops.add(stop, caller);
    if (stop === 'freeze') this.#mark();
    try {
      const cached = this.#parts.cache.read();
      const state = typeof cached === 'string' ? (this.#known ?? firstState) : cached;
      this.#parts.cache.write({ ...state, stop });
    } catch (error) {
      this.#parts.log.error({ err: error }, 'the emergency stop holds, but a restart may not know of it');
    }
  }

  async #state(): Promise<PolicyState> {
    // A stop that could not be recorded, or was set meanwhile, is no change of another one's to take back.
    let known = this.#known;
    while (known === null || known.stop !== this.#stop) known = await this.#read();
    return known;
  }

  async #read(): Promise<PolicyState> {
    const { vault, cache, stops, log } = this.#parts;
    const found = parsed(await vault.read());
    const stored = found ?? firstState;
    const cached = cache.read();
    const finding = typeof cached === 'string' ? cached : findingOf(stored, cached);
    if (finding === 'edited')
      log.error({}, 'the copy of the policy was edited by somebody else; the one in the vault holds');
    // The strictest of all: what the vault has, its copy, and what was set since. What is set from here on is for the next time.
    const set = typeof cached === 'string' ? this.#stop : stopInForce(cached.stop, this.#stop);
    const unrecorded = stops.after(stored.stop);
    let state = stored;
    if (found === null || finding === 'edited')
      await vault.write(state, finding === 'edited' ? [edited] : [], null);
    for (const { stop, caller, copied } of unrecorded) {
      const set = setStop(state, stop, copied);
      await vault.write(set.state, set.events, caller);
      state = set.state;
    }
    if (stopInForce(state.stop, set) !== state.stop) {
      const tightened = setStop(state, set);
      await vault.write(tightened.state, tightened.events, null);
      state = tightened.state;
    }
    return this.#take(state, this.#stop);
  }

  /** @param meanwhile the stop that was set while the vault took the state; off: none */
  #take(state: PolicyState, meanwhile: Stop): PolicyState {
    const stop = stopInForce(state.stop, meanwhile);
    this.#known = state;
    this.#applies(stop);
    if (stop === state.stop) this.#parts.stops.clear();
    try {
      this.#parts.cache.write({ ...state, stop });
    } catch (error) {
      // The vault has it: a copy that is behind is written anew when it is read next.
      this.#parts.log.error({ err: error }, 'the copy of the policy could not be written');
    }
    if (stop === state.stop) this.#unmark();
    this.#tell();
    return state;
  }

  /** For a sherin-fs that starts meanwhile: it obeys it at once. */
  #mark(): void {
    try {
      this.#parts.mark.set();
    } catch (error) {
      this.#parts.log.error({ err: error }, 'a sherin-fs that starts now may not know of the freeze');
    }
  }

  /** The vault says it itself. */
  #unmark(): void {
    try {
      this.#parts.mark.clear();
    } catch (error) {
      this.#parts.log.error(
        { err: error },
        'the vault stays frozen at its next opening: the mark of it is still there',
      );
    }
  }

  #applies(stop: Stop): void {
    if (stop === this.#stop) return;
    this.#stop = stop;
    this.#parts.log.warn({ stop }, 'the emergency stop has changed');
    this.#tell();
  }

  #tell(): void {
    for (const changed of [...this.#watching]) {
      try {
        changed();
      } catch (error) {
        this.#parts.log.error({ err: error }, 'who watches the policy failed');
      }
    }
  }
}

const edited: PolicyEvent = { event: 'AUDIT_POLICY_EDITED', id: null, meta: {} };

/** @throws SherinError PROTOCOL for what is no state */
function parsed(value: unknown): PolicyState | null {
  if (value === null) return null;
  const state = policyStateSchema.safeParse(value);
  if (!state.success)
    throw new SherinError('PROTOCOL', { part: 'the state of the policy in the vault is malformed' });
  return state.data;
}
