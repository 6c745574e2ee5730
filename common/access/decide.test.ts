import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Access,
  type AccessDecision,
  compileAccess,
  type Subject,
  strictestDecision,
} from './decide.js';
import { type AccessRule, accessOperations, accessRulesSchema, mostAccessRules } from './rules.js';

const someone: Subject = { uid: 1000, gids: [1000, 27], bots: [] };
const access = (over: Partial<Access> = {}): Access => ({
  subject: someone,
  operation: 'read',
  namespace: 'FILES',
  path: ['letters', 'a.txt'],
  ...over,
});
const by = (over: Partial<Subject>): Access => access({ subject: { ...someone, ...over } });
const rule = (over: Partial<AccessRule> = {}): AccessRule => ({
  name: 'r1',
  who: 'anyone',
  where: { path: 'letters/**' },
  operations: ['read'],
  effect: 'deny',
  ...over,
});

describe('access rules', () => {
  it('leave to the modes what none of them is about', () => {
    expect(compileAccess([])(access())).toEqual({ effect: 'modes', rule: null });
    expect(compileAccess([rule()])(access({ operation: 'write' }))).toEqual({ effect: 'modes', rule: null });
  });

  it('the first that matches decides, and is named', () => {
    const rules = [
      rule({ name: 'mine', who: { uid: 1000 }, effect: 'allow' }),
      rule({ name: 'nobody' }),
      rule({ name: 'late', effect: 'allow' }),
    ];
    const decide = compileAccess(rules);
    expect(decide(access())).toEqual({ effect: 'allow', rule: 'mine' });
    expect(decide(by({ uid: 1001 }))).toEqual({ effect: 'deny', rule: 'nobody' });
  });

  it.each([
    ['uid', { uid: 1000 }, {}, true],
    ['another uid', { uid: 0 }, {}, false],
    ['a supplementary group', { gid: 27 }, {}, true],
    ['another group', { gid: 28 }, {}, false],
    ['a bot', { bot: 'calc-1' }, { bots: ['calc-1'] }, true],
    ['one of several bots of a user', { bot: 'calc-1' }, { bots: ['coding', 'calc-1'] }, true],
    ['another bot', { bot: 'calc-1' }, { bots: ['calc-2'] }, false],
    ['a bot that the caller is not', { bot: 'calc-1' }, {}, false],
    ['anyone', 'anyone', { bots: ['calc-1'] }, true],
  ] as const)('are about %s', (_, who, over, meant) => {
    expect(compileAccess([rule({ who })])(by(over)).effect).toBe(meant ? 'deny' : 'modes');
  });

  it.each([
    ['user', { uid: 1000 }, { uid: null }],
    ['groups', { gid: 27 }, { gids: null }],
    ['bot', { bot: 'calc-1' }, { bots: null }],
  ] as const)('deny and do not allow where nobody can tell the %s', (_, who, over) => {
    expect(compileAccess([rule({ who })])(by(over)).effect).toBe('deny');
    expect(compileAccess([rule({ who, effect: 'allow' })])(by(over)).effect).toBe('modes');
  });

  it('ask for groups only where a rule of this place and operation is about one', () => {
    let asked = 0;
    const subject: Subject = {
      ...{ uid: 1000, bots: [] },
      get gids() {
        asked++;
        return [27];
      },
    };
    const who = { gid: 27 };
    const elsewhere = rule({ name: 'r2', who, where: { path: 'pictures/**' } });
    const decide = compileAccess([
      rule({ who: { uid: 1 } }),
      elsewhere,
      rule({ who, operations: ['write'] }),
    ]);
    expect(decide(access({ subject })).effect).toBe('modes');
    expect(asked).toBe(0);
    expect(decide(access({ subject, operation: 'write' })).effect).toBe('deny');
    expect(asked).toBe(1);
  });

  it('of several paths to one object the strictest counts', () => {
    const decisions: AccessDecision[] = [
      { effect: 'modes', rule: null },
      { effect: 'allow', rule: 'a' },
      { effect: 'deny', rule: 'b' },
    ];
    expect(strictestDecision(decisions)).toEqual({ effect: 'deny', rule: 'b' });
    expect(strictestDecision(decisions.slice(0, 2))).toEqual({ effect: 'allow', rule: 'a' });
    expect(strictestDecision([])).toEqual({ effect: 'modes', rule: null });
  });

  it.each([
    [{ namespace: 'FILES' }, {}, true],
    [{ namespace: 'TASK' }, {}, false],
    [{ namespace: 'FILES' }, { namespace: null }, false],
    [{ path: 'letters' }, { path: ['letters'] }, true],
    [{ path: 'letters/*.txt' }, {}, true],
    [{ path: '*.txt' }, {}, false],
    [{ path: '**' }, { path: [] }, true],
    [{ path: '**' }, { path: null }, false],
    [{ namespace: 'TASK' }, { namespace: 'TASK', path: null }, true],
  ])('reach %j', (where, over, meant) => {
    expect(compileAccess([rule({ where })])(access(over)).effect).toBe(meant ? 'deny' : 'modes');
  });

  it('of any kind decide as reading them one by one does', () => {
    const who = fc.oneof(
      fc.constant('anyone' as const),
      fc.record({ uid: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ gid: fc.integer({ min: 0, max: 2 }) }),
    );
    const rules = fc.array(
      fc.record({
        name: fc.stringMatching(/^[a-z]{3}$/),
        who,
        where: fc.record({ namespace: fc.constantFrom('A', 'B') }),
        operations: fc.subarray([...accessOperations], { minLength: 1 }),
        effect: fc.constantFrom('allow' as const, 'deny' as const),
      }),
      { maxLength: 8 },
    );
    const one = fc.record({
      subject: fc.record({
        uid: fc.integer({ min: 0, max: 2 }),
        gids: fc.array(fc.integer({ min: 0, max: 2 })),
        bots: fc.constant([]),
      }),
      operation: fc.constantFrom(...accessOperations),
      namespace: fc.constantFrom('A', 'B', null),
      path: fc.constant([]),
    });
    fc.assert(
      fc.property(rules, one, (list, asked) => {
        let expected: object = { effect: 'modes', rule: null };
        for (const { name, who: meant, where, operations, effect } of [...list].reverse()) {
          const isMeant =
            meant === 'anyone' ||
            ('uid' in meant ? meant.uid === asked.subject.uid : asked.subject.gids.includes(meant.gid));
          if (isMeant && where.namespace === asked.namespace && operations.includes(asked.operation))
            expected = { effect, rule: name };
        }
        expect(compileAccess(list)(asked)).toEqual(expected);
      }),
    );
  });
});

describe('as they are written', () => {
  it.each([
    ['an unknown operation', { operations: ['open'] }],
    ['no operation', { operations: [] }],
    ['an operation twice', { operations: ['read', 'read'] }],
    ['an unknown effect', { effect: 'audit' }],
    ['two subjects', { who: { uid: 1, gid: 1 } }],
    ['a uid beyond 32 bits', { who: { uid: 0x1_0000_0000 } }],
    ['text for a bot', { who: { bot: 'a bot' } }],
    ['two places', { where: { path: 'a', namespace: 'A' } }],
    ['a path from the root', { where: { path: '/a' } }],
    ['a path with ..', { where: { path: 'a/../b' } }],
    ['a long path', { where: { path: 'a'.repeat(257) } }],
    ['a namespace in lower case', { where: { namespace: 'files' } }],
    ['text for a name', { name: 'no letters please' }],
    ['a field of its own', { comment: 'x' }],
  ])('%s is refused', (_, over) => {
    expect(accessRulesSchema.safeParse([rule()]).success).toBe(true);
    expect(accessRulesSchema.safeParse([{ ...rule(), ...over }]).success).toBe(false);
  });

  it(`more than ${mostAccessRules} are refused`, () => {
    const list = Array.from({ length: mostAccessRules }, (_, at) => rule({ name: `r${at}` }));
    expect(accessRulesSchema.safeParse(list).success).toBe(true);
    expect(accessRulesSchema.safeParse([...list, rule({ name: 'more' })]).success).toBe(false);
  });

  it('two of one name are refused', () => {
    expect(accessRulesSchema.safeParse([rule(), rule()]).success).toBe(false);
  });
});
