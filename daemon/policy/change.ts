/** What a step of the engine gives: the state after it, and what the audit log says of it. */
import type { PolicyState } from './state.js';

/** As it stands in the audit log; who did it is the record's actor. Short names and numbers only. */
export interface PolicyEvent {
  readonly event:
    | 'AUDIT_POLICY_EVALUATED'
    | 'AUDIT_POLICY_SET'
    | 'AUDIT_POLICY_STOP'
    | 'AUDIT_POLICY_APPROVED'
    | 'AUDIT_POLICY_EXECUTED'
    | 'AUDIT_POLICY_REJECTED'
    | 'AUDIT_POLICY_EXPIRED'
    | 'AUDIT_POLICY_EDITED';
  /** The action it is about. */
  readonly id: string | null;
  readonly meta: Readonly<Record<string, string | number | boolean | null>>;
}

export interface Change {
  readonly state: PolicyState;
  /** Recorded before the state is used. */
  readonly events: readonly PolicyEvent[];
}

/** The state with `members` in place of its own, as its next version. */
export function changed(state: PolicyState, members: Partial<Omit<PolicyState, 'version'>>): PolicyState {
  return { ...state, ...members, version: state.version + 1 };
}
