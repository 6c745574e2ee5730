/** An answer that is remembered, and the rules it lives by. */
import type { SherinId } from '../../common/ids.js';
import type { PatternKey } from './pattern-key.js';

/**
 * `immediate`: learned from a task; `pattern`: promoted, after a decision of policy; `archive`: not used for long. Any stage may answer; the stage says what is
 * asked first and forgotten last. An archived answer that is used again is `immediate`: its promotion is decided anew.
 */
export type Stage = 'immediate' | 'pattern' | 'archive';

export interface Pattern {
  readonly key: PatternKey;
  /** uid of whose task it was, who owns the result. */
  readonly owner: number;
  readonly result: SherinId;
  readonly stage: Stage;
  /** In hundredths, 0 to 100: steps of 5 and 10 are exact. */
  readonly confidence: number;
  /** How often it was given as an answer. */
  readonly uses: number;
  /** Milliseconds since 1970. */
  readonly learnedAt: number;
  /** When it was learned or given last, in milliseconds since 1970. */
  readonly usedAt: number;
}

const day = 86_400_000;

/** Confidence, in hundredths. */
export const confidence = {
  start: 50,
  success: 5,
  failure: -10,
  /** Below the start it was measured wrong more than right, and is not given as an answer; the question is worked on again. */
  toAnswer: 50,
} as const;

export const promotion = { confidence: 75, uses: 3 } as const;
/** Milliseconds without a use after which it is archived. */
export const archiveAfter = 90 * day;
/** Below both it is forgotten, and a tombstone stays. */
export const pruning = { confidence: 20, uses: 2 } as const;
/** How long a tombstone keeps its question from being learned again, in milliseconds. */
export const tombstoneFor = 30 * day;
/** Most patterns of one owner; the archive goes first, then what was never promoted, each with what was not used for longest. */
export const mostPerOwner = 10_000;
