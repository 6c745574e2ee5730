import { describe, expect, it } from 'vitest';
import { noAccessRules } from '../../../common/access/record.js';
import { type AccessRule, accessOperations } from '../../../common/access/rules.js';
import { RuleSet } from './rule-set.js';

const secret = { namespace: 'FILES', path: ['secret', 'a'] };
const elsewhere = { namespace: 'FILES', path: ['open'] };
const someone = { uid: 1000, gids: [], bots: [] };

function rules(...list: Partial<AccessRule>[]): RuleSet {
  const rule = { who: 'anyone', where: { path: 'secret/**' }, operations: ['read'], effect: 'deny' } as const;
  return new RuleSet({
    ...noAccessRules,
    rules: list.map((over, at) => ({ ...rule, name: `r${at}`, operations: [...rule.operations], ...over })),
  });
}

describe('rules of a vault', () => {
  it('refuse everything to everybody where they can not be read', () => {
    const unreadable = new RuleSet(null);
    expect(unreadable.empty).toBe(false);
    for (const operation of accessOperations) {
      expect(unreadable.decide(operation, [], someone)).toEqual({ effect: 'deny', rule: 'unreadable' });
      expect(unreadable.denies(operation, [elsewhere])).toBe(true);
    }
  });

  it('know where somebody might be denied something, whoever that is', () => {
    const set = rules({ who: { uid: 7 }, effect: 'allow' }, { who: { gid: 5 } });
    expect(set.denies('read', [elsewhere, secret])).toBe(true);
    expect(set.denies('read', [elsewhere])).toBe(false);
    expect(set.denies('write', [secret])).toBe(false);
  });

  it('name what denies something, and whom; not what earlier ones leave nothing to', () => {
    const set = rules(
      { who: { uid: 1 }, effect: 'allow' },
      { who: { uid: 1 } },
      { who: { uid: 2 }, operations: ['read', 'write'] },
      { who: 'anyone' },
      { who: { uid: 3 } },
      { where: { path: 'open' }, operations: ['list'] },
    );
    expect(set.denialsAt(secret)).toEqual([
      { rule: 'r2', who: { uid: 2 }, operations: ['read', 'write'] },
      { rule: 'r3', who: 'anyone', operations: ['read'] },
    ]);
  });
});
