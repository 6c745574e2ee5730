/** The scales of the policy engine. Where a scale has an order, it stands in it, the least first; its numbers begin with 1. */

export const levels = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
/** How much depends on an action. */
export type Level = (typeof levels)[number];

export const risks = ['NEGLIGIBLE', 'MINOR', 'MODERATE', 'SEVERE', 'CATASTROPHIC'] as const;
/** What can come of an action that Sherin decides on by itself. */
export type Risk = (typeof risks)[number];

export const modes = ['supervised', 'semi_autonomous', 'autonomous'] as const;
/** How much is done without a person. */
export type Mode = (typeof modes)[number];

export const decisions = [
  'approved',
  'auto_approved',
  'pending_review',
  'requires_human',
  'blocked',
] as const;
export type Decision = (typeof decisions)[number];

/** The least strict first. `freeze` also commits dirty data and makes the mount read-only. */
export const stops = ['off', 'on', 'freeze'] as const;
export type Stop = (typeof stops)[number];

export interface ActionTraits {
  /** It changes Sherin itself, its keys or what it keeps: the switch for modifications holds it up. */
  readonly modifies: boolean;
  /** Emotional thresholds apply. */
  readonly felt: boolean;
  readonly doc: string;
}

export const actionTypes = {
  self_upgrade: { modifies: true, felt: true, doc: 'Sherin takes a newer version of itself' },
  self_modify: { modifies: true, felt: true, doc: 'Sherin changes how it works' },
  self_repair: { modifies: true, felt: true, doc: 'Sherin mends itself' },
  pattern_promotion: { modifies: true, felt: true, doc: 'a known result answers further requests' },
  resource_optimize: { modifies: true, felt: false, doc: 'limits and caches are set anew' },
  security_patch: { modifies: true, felt: false, doc: 'a security fix is taken' },
  memory_cleanup: { modifies: true, felt: false, doc: 'patterns are forgotten' },
  capability_learn: { modifies: true, felt: false, doc: 'a bot takes on a further field' },
  task_submission: { modifies: false, felt: false, doc: 'somebody submits a task' },
  gc: { modifies: true, felt: false, doc: 'old versions are given up' },
  key_change: { modifies: true, felt: false, doc: 'a key slot is added, changed or removed' },
  bot_register: { modifies: true, felt: false, doc: 'a bot becomes known' },
} as const satisfies Record<string, ActionTraits>;
export type ActionType = keyof typeof actionTypes;
export const actionTypeNames = Object.keys(actionTypes) as [ActionType, ...ActionType[]];

/** The level with the number of a risk. */
export function levelOfRisk(risk: Risk): Level {
  return levels[risks.indexOf(risk)] ?? 'CRITICAL';
}

export function isAtLeast(level: Level, least: Level): boolean {
  return levels.indexOf(level) >= levels.indexOf(least);
}
