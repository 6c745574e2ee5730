/** The order of evaluation as a table: every combination, held against the rules as plain sentences. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionSchema, type EngineState, evaluate, type Feelings } from './evaluate.js';
import { firstState } from './state.js';

const modes = ['supervised', 'semi_autonomous', 'autonomous'] as const;
const levels = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'MINIMAL'] as const;
const risks = [null, 'CATASTROPHIC', 'SEVERE', 'MODERATE', 'MINOR', 'NEGLIGIBLE'] as const;
const types = [
  ...(['self_upgrade', 'self_modify', 'self_repair', 'pattern_promotion'] as const),
  ...(['resource_optimize', 'security_patch', 'memory_cleanup', 'capability_learn'] as const),
  ...(['task_submission', 'gc', 'key_change', 'bot_register'] as const),
];
const gates = ['confidence', 'empathy', 'safety'] as const;
const fits = ['passes', 'equals', 'misses', 'lacks'] as const;

type Row = {
  readonly type: (typeof types)[number];
  readonly mode: (typeof modes)[number];
  readonly level: (typeof levels)[number];
  readonly risk: (typeof risks)[number];
  readonly stop: EngineState['stop'];
  readonly modification: boolean;
  readonly gate: (typeof gates)[number];
  readonly fit: (typeof fits)[number];
};

/** The rules, sentence by sentence. */
function expected({ type, mode, level, risk, stop, modification, gate, fit }: Row): [string, string] {
  const isSelf = type.startsWith('self_');
  // Emergency stop: blocked.
  if (stop === 'on' || stop === 'freeze') return ['blocked', 'emergency_stop'];
  // Modification disabled, and it modifies: blocked. All but tasks do.
  if (!modification && type !== 'task_submission') return ['blocked', 'modification_disabled'];
  // A threshold is missed, or its value missing, in a self-* action or pattern_promotion: blocked. Equality passes.
  if ((isSelf || type === 'pattern_promotion') && (fit === 'misses' || fit === 'lacks'))
    return ['blocked', `${gate}_low`];
  // CRITICAL, or a decision of risk SEVERE or more: a human, in every mode.
  if (level === 'CRITICAL') return ['requires_human', 'level_critical'];
  if (risk === 'SEVERE' || risk === 'CATASTROPHIC') return ['requires_human', 'risk_severe'];
  // By mode.
  const isLow = level === 'LOW' || level === 'MINIMAL';
  if (mode === 'supervised') return [isLow ? 'approved' : 'pending_review', mode];
  if (mode === 'semi_autonomous') return [isLow ? 'auto_approved' : 'pending_review', mode];
  return ['auto_approved', mode];
}

const thresholds = { confidence: 0.75, empathy: 0.65, safety: 0.95 };

function feelings(gate: Row['gate'], fit: Row['fit']): Feelings {
  const others = { confidence: 1, empathy: 1, safety: 1 };
  if (fit === 'lacks') return { ...others, [gate]: undefined };
  const by = { passes: 0.01, equals: 0, misses: -0.01 }[fit];
  return { ...others, [gate]: thresholds[gate] + by };
}

function* rows(type: Row['type'], mode: Row['mode']): Generator<Row> {
  for (const level of levels)
    for (const risk of risks)
      for (const stop of ['off', 'on', 'freeze'] as const)
        for (const modification of [true, false])
          for (const gate of gates)
            for (const fit of fits) yield { type, mode, level, risk, stop, modification, gate, fit };
}

describe.each(types)('%s', (type) => {
  it.each(modes)('%s', (mode) => {
    let count = 0;
    for (const row of rows(type, mode)) {
      const state = { ...firstState, thresholds, mode, stop: row.stop, modification: row.modification };
      const { decision, reason } = evaluate(state, row, feelings(row.gate, row.fit));
      expect([row, decision, reason]).toEqual([row, ...expected(row)]);
      count++;
    }
    expect(count).toBe(5 * 6 * 3 * 2 * 3 * 4);
  });
});

it('where only a risk is given, the level is that of the same number', () => {
  const pairs = { NEGLIGIBLE: 'MINIMAL', MINOR: 'LOW', MODERATE: 'MEDIUM', SEVERE: 'HIGH' } as const;
  for (const mode of modes)
    for (const risk of ['NEGLIGIBLE', 'MINOR', 'MODERATE', 'SEVERE'] as const) {
      const action = { type: 'gc', risk } as const;
      const alone = evaluate({ ...firstState, mode }, { ...action, level: null }, {});
      expect(alone).toEqual(evaluate({ ...firstState, mode }, { ...action, level: pairs[risk] }, {}));
    }
  const worst = { type: 'gc', level: null, risk: 'CATASTROPHIC' } as const;
  expect(evaluate(firstState, worst, {})).toEqual({ decision: 'requires_human', reason: 'level_critical' });
});

it('an action needs a level or a risk', () => {
  const action = { type: 'gc', level: null, risk: null } as const;
  expect(actionSchema.safeParse(action).success).toBe(false);
  expect(actionSchema.safeParse({ ...action, level: 'LOW' }).success).toBe(true);
  expect(evaluate(firstState, action, {}).decision).toBe('requires_human');
});

describe('feelings', () => {
  const promotion = { type: 'pattern_promotion', level: 'LOW', risk: null } as const;

  it('that are no numbers block', () => {
    const state = { ...firstState, thresholds: { confidence: 0, empathy: 0, safety: 0 } };
    expect(evaluate(state, promotion, { confidence: Number.NaN }).reason).toBe('confidence_low');
  });

  it('block in a fixed order', () => {
    expect(evaluate(firstState, promotion, {}).reason).toBe('confidence_low');
    expect(evaluate(firstState, promotion, { confidence: 1 }).reason).toBe('empathy_low');
    expect(evaluate(firstState, promotion, { confidence: 1, empathy: 1 }).reason).toBe('safety_low');
  });

  it('never do more than let pass: higher ones change no decision but a block by feelings', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const three = fc.record({ confidence: unit, empathy: unit, safety: unit });
    const action = fc.record({
      type: fc.constantFrom(...types),
      level: fc.constantFrom(...levels),
      risk: fc.constantFrom(...risks),
    });
    const state = fc.record({
      stop: fc.constantFrom('off' as const, 'on' as const, 'freeze' as const),
      modification: fc.boolean(),
      thresholds: three,
      mode: fc.constantFrom(...modes),
    });
    fc.assert(
      fc.property(state, action, three, (engine, asked, felt) => {
        const { decision, reason } = evaluate(engine, asked, felt);
        const happy = evaluate(engine, asked, { confidence: 1, empathy: 1, safety: 1 });
        if (!reason.endsWith('_low')) expect(happy).toEqual({ decision, reason });
        else expect(decision).toBe('blocked');
      }),
    );
  });

  it('and a stricter mode never lets more happen', () => {
    const freedom = { blocked: 0, requires_human: 1, pending_review: 2, approved: 3, auto_approved: 3 };
    for (const type of types)
      for (const level of levels)
        for (const risk of risks) {
          const [strict = 0, middle = 0, free = 0] = modes.map(
            (mode) =>
              freedom[
                evaluate(
                  { ...firstState, mode },
                  { type, level, risk },
                  { confidence: 1, empathy: 1, safety: 1 },
                ).decision
              ],
          );
          expect(strict <= middle && middle <= free).toBe(true);
        }
  });
});
