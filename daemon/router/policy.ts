import type { Emotion } from '../emotion/emotion.js';
import type { Request } from '../policy/consider.js';
import type { Feelings, Verdict } from '../policy/evaluate.js';
import type { PolicyState } from '../policy/state.js';
import type { Asker } from './objects.js';

/** The policy engine with its state, which is kept elsewhere. */
export interface Policy {
  get(): PolicyState;
  /** The emotional state as it is now. */
  feelings(): Emotion;
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
