import { SherinError } from '../../common/errors.js';
import type { ActionType } from '../../common/policy-scales.js';

/** What of the policy's state blocks an action that a person orders (docs/policy.md, "The order", 1 and 2). */
export type Hold = 'emergency_stop' | 'modification_disabled';

/** The policy as the vault has it, for what sherin-fs does itself: it holds while sherind does not run, too. */
export class PolicyHold {
  #hold: Hold | null = null;

  /** @param state as it was read or written last; null: the vault has none. What is no policy holds nothing: the record that can't be read freezes the vault. */
  obey(state: { readonly stop?: unknown; readonly modification?: unknown } | null): void {
    if (state?.stop === 'on' || state?.stop === 'freeze') this.#hold = 'emergency_stop';
    else this.#hold = state?.modification === false ? 'modification_disabled' : null;
  }

  /** Whether something is blocked that changes what the vault keeps or who opens it. */
  get on(): boolean {
    return this.#hold !== null;
  }

  /** @throws SherinError POLICY_BLOCKED */
  requireNone(what: ActionType | 'destroy'): void {
    if (this.#hold !== null) throw new SherinError('POLICY_BLOCKED', { what, part: this.#hold });
  }
}
