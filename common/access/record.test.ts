import { describe, expect, it } from 'vitest';
import { compileAccess } from './decide.js';
import { accessRecordSchema, accessRulesOf, noAccessRules } from './record.js';
import type { AccessRule } from './rules.js';

const rule = (name: string, effect: AccessRule['effect']): AccessRule => ({
  ...{ name, effect, who: 'anyone', where: { path: 'secret/**' } },
  operations: ['read'],
});
const record = (floor: AccessRule[], rules: AccessRule[]) => ({ ...noAccessRules, floor, rules });

describe('the record', () => {
  it('has rules of the floor that come first: no rule opens what they deny', () => {
    const full = accessRecordSchema.parse(record([rule('floor', 'deny')], [rule('open', 'allow')]));
    const subject = { uid: 0, gids: [], bots: [] };
    const access = { subject, operation: 'read', namespace: null, path: ['secret', 'a'] } as const;
    expect(compileAccess(accessRulesOf(full))(access)).toEqual({ effect: 'deny', rule: 'floor' });
  });

  it('has no rule of the floor that allows, and no two of one name', () => {
    expect(accessRecordSchema.safeParse(record([rule('floor', 'allow')], [])).success).toBe(false);
    const twice = record([rule('a', 'deny')], [rule('a', 'allow')]);
    expect(accessRecordSchema.safeParse(twice).success).toBe(false);
  });

  it('of a new vault has none', () => {
    expect(accessRulesOf(accessRecordSchema.parse(noAccessRules))).toEqual([]);
  });
});
