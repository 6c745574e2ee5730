import type { Emotion } from '../emotion/emotion.js';
import type { PolicyEvent } from '../policy/change.js';
import type { Request } from '../policy/consider.js';
import type { Feelings, Verdict } from '../policy/evaluate.js';
import type { PolicyState } from '../policy/state.js';
import type { Asker } from './objects.js';

/** What is decided of an action that changes nothing of the policy, and what is to be on record before that is used. */
export interface Weighed {
  readonly verdict: Verdict;
  readonly events: readonly PolicyEvent[];
}

/** The policy engine with its state, which is kept elsewhere. */
export interface Policy {
  get(): PolicyState;
  /** The emotional state as it is now. */
  feelings(): Emotion;
  /**
   * What is decided of an action now, for who puts that on record together with what else there is to ask; null where the state is not
   * known yet, is about to change, or would change: then {@link consider} does it.
   */
  weigh(request: Request, feelings: Feelings): Weighed | null;
  /**
   * Considers an action; resolves when the state after it is kept and its events are recorded.
   * @param asker who wants it, and is named by the record; null: sherind itself
   * @throws SherinError ACTION_KNOWN, AUDIT_UNWRITABLE…
   */
  consider(request: Request, feelings: Feelings, asker: Asker | null): Promise<Verdict>;
  /** Calls `changed` after each change of the state; gives what ends that. */
  watch(changed: () => void): () => void;
}

export function isApproved({ decision }: Verdict): boolean {
  return decision === 'approved' || decision === 'auto_approved';
}
