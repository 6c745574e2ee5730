/** That a rule does not hold in a place, and why. */
import type { As } from './scene.js';

/** Rules of an operation that do not hold in a place. */
export interface Limit {
  readonly reason: string;
  readonly operation: string;
  readonly rules: readonly string[];
  /** Whose rules; else of everybody. */
  readonly as?: As;
  /** Milliseconds after which the rules may hold. */
  readonly passes?: number;
}

export interface Place {
  readonly name: string;
  /** A mount of Sherin, which keeps a contract of its own as well. */
  readonly isVault: boolean;
  readonly limits: readonly Limit[];
}
