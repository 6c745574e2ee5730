/** Evaluates an action: the first step that has something to say decides. */
import { z } from 'zod';
import { type Gate, gates } from '../../common/policy-floor.js';
import {
  type ActionType,
  actionTypeNames,
  actionTypes,
  type Decision,
  isAtLeast,
  type Level,
  levelOfRisk,
  levels,
  type Mode,
  type Risk,
  risks,
} from '../../common/policy-scales.js';
import type { PolicyState } from './state.js';

export const actionSchema = z
  .strictObject({
    type: z.enum(actionTypeNames),
    /** Null: that of the risk. */
    level: z.enum(levels).nullable(),
    /** Of a decision that Sherin takes by itself; null for what a person wants done. */
    risk: z.enum(risks).nullable(),
  })
  .refine(({ level, risk }) => level !== null || risk !== null, 'a level or a risk is wanted');
export type Action = Readonly<z.infer<typeof actionSchema>>;

/** Values of the emotional state, each from 0 to 1; a missing one counts 0. */
export type Feelings = { readonly [G in Gate]?: number | undefined };

export type Block = 'emergency_stop' | 'modification_disabled' | `${Gate}_low`;
/** Which step decided. */
export type Reason = Block | 'level_critical' | 'risk_severe' | Mode | 'queue_full';

export interface Verdict {
  readonly decision: Decision;
  readonly reason: Reason;
}

export type EngineState = Pick<PolicyState, 'stop' | 'modification' | 'thresholds' | 'mode'>;

export function evaluate(state: EngineState, action: Action, feelings: Feelings): Verdict {
  const block = blockOf(state, action.type, feelings);
  if (block !== null) return { decision: 'blocked', reason: block };
  const level = levelOf(action);
  if (level === 'CRITICAL') return { decision: 'requires_human', reason: 'level_critical' };
  if (isSevere(action.risk)) return { decision: 'requires_human', reason: 'risk_severe' };
  return { decision: byMode(state.mode, level), reason: state.mode };
}

/** What holds up an action of this type whatever a person says, or null. */
export function blockOf(state: EngineState, type: ActionType, feelings: Feelings): Block | null {
  const { modifies, felt } = actionTypes[type];
  // Every action is a modification or a new task.
  if (state.stop !== 'off') return 'emergency_stop';
  if (modifies && !state.modification) return 'modification_disabled';
  if (!felt) return null;
  // Not `<`, which what is no number would pass.
  const low = gates.find((gate) => !((feelings[gate] ?? 0) >= state.thresholds[gate]));
  return low === undefined ? null : `${low}_low`;
}

/** An action without level and without risk counts as CRITICAL; the schema lets none through. */
export function levelOf({ level, risk }: Action): Level {
  return level ?? (risk === null ? 'CRITICAL' : levelOfRisk(risk));
}

function isSevere(risk: Risk | null): boolean {
  return risk !== null && isAtLeast(levelOfRisk(risk), 'HIGH');
}

function byMode(mode: Mode, level: Level): Decision {
  switch (mode) {
    case 'supervised':
      return isAtLeast(level, 'MEDIUM') ? 'pending_review' : 'approved';
    case 'semi_autonomous':
      return isAtLeast(level, 'MEDIUM') ? 'pending_review' : 'auto_approved';
    case 'autonomous':
      return 'auto_approved';
  }
}
