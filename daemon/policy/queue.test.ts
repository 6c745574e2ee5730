import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consider, requestSchema } from './consider.js';
import { calm, queuedAction, request } from './queue.fixture.js';
import { approve, executed, expire, reject, waitNanoseconds } from './queue.js';
import { setPolicy } from './set.js';
import { firstState, mostQueued, type PolicyState, policyStateSchema } from './state.js';
import { setStop } from './stop.js';

const answer = { actionId: 'a1', uid: 1000, now: 1n };
const waiting: PolicyState = consider(firstState, request(), calm, 0n).state;
const unknown = expect.objectContaining({ code: 'ACTION_UNKNOWN', errno: 'ENOENT' });

describe('a request', () => {
  it('waits where a person decides, with the time it came and a day to live', () => {
    expect(waiting.queue).toEqual([queuedAction()]);
    expect(waiting.version).toBe(1);
    expect(policyStateSchema.safeParse(waiting).success).toBe(true);
    const critical = consider(firstState, request({ level: 'CRITICAL' }), calm, 5n);
    expect(critical.verdict.decision).toBe('requires_human');
    expect(critical.state.queue).toEqual([queuedAction({ level: 'CRITICAL' }, 5n)]);
  });

  it.each([
    ['auto_approved', request({ level: 'LOW' }), calm],
    ['blocked', request(), { ...calm, safety: 0.9 }],
  ] as const)('that is %s leaves the state as it was', (decision, asked, feelings) => {
    const { state, verdict } = consider(firstState, asked, feelings, 0n);
    expect(verdict.decision).toBe(decision);
    expect(state).toBe(firstState);
  });

  it('is recorded with its verdict, whatever it is', () => {
    const { events } = consider(firstState, request({ level: null, risk: 'SEVERE' }), {}, 0n);
    const verdict = { decision: 'blocked', reason: 'confidence_low' };
    const meta = {
      component: 'patterns',
      type: 'pattern_promotion',
      level: null,
      risk: 'SEVERE',
      ...verdict,
    };
    expect(events).toEqual([{ event: 'AUDIT_POLICY_EVALUATED', id: 'a1', meta }]);
  });

  it('with the ID of one that waits is refused', () => {
    expect(() => consider(waiting, request(), calm, 1n)).toThrowError(
      expect.objectContaining({ code: 'ACTION_KNOWN', errno: 'EEXIST' }),
    );
  });

  it('that finds no place is blocked, until what waits has expired', () => {
    let state: PolicyState = firstState;
    for (let at = 0; at < mostQueued; at++)
      state = consider(state, request({ action_id: `a${at}` }), calm, 0n).state;
    const more = request({ action_id: 'more' });
    const full = consider(state, more, calm, waitNanoseconds - 1n);
    expect(full.verdict).toEqual({ decision: 'blocked', reason: 'queue_full' });
    expect(full.state).toBe(state);
    const later = consider(state, more, calm, waitNanoseconds);
    expect(later.state.queue.map(({ action_id }) => action_id)).toEqual(['more']);
    expect(later.events).toHaveLength(mostQueued + 1);
  });

  it.each(['reasoning', 'rollback', 'component', 'action_id'] as const)(
    'holds no text as its %s',
    (field) => {
      expect(requestSchema.safeParse(request()).success).toBe(true);
      for (const text of ['two words', 'x'.repeat(10_000), '/a/path', ''])
        expect(requestSchema.safeParse({ ...request(), [field]: text }).success).toBe(false);
    },
  );

  it('needs a level or a risk and has no field of its own', () => {
    expect(requestSchema.safeParse(request({ level: null })).success).toBe(false);
    expect(requestSchema.safeParse({ ...request(), confidence: 1 }).success).toBe(false);
  });
});

describe('approval', () => {
  it('gives the action to execute, and takes it out', () => {
    const { action, state, events } = approve(waiting, answer, calm);
    expect(action).toEqual(queuedAction());
    expect(state).toEqual({ ...waiting, queue: [], approved: [queuedAction()], version: 2 });
    const meta = { type: 'pattern_promotion', uid: 1000 };
    expect(events).toEqual([{ event: 'AUDIT_POLICY_APPROVED', id: 'a1', meta }]);
  });

  it('keeps the action until it is executed, under a name that nothing else gets meanwhile', () => {
    const { state } = approve(waiting, answer, calm);
    expect(policyStateSchema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
    expect(() => consider(state, request(), calm, 1n)).toThrowError(
      expect.objectContaining({ code: 'ACTION_KNOWN' }),
    );
    const after = executed(state, 'a1');
    expect(after.state).toEqual({ ...waiting, queue: [], version: 3 });
    expect(after.events).toMatchObject([{ event: 'AUDIT_POLICY_EXECUTED', id: 'a1' }]);
    expect(executed(after.state, 'a1')).toEqual({ state: after.state, events: [] });
  });

  it('twice executes once', () => {
    const { state } = approve(waiting, answer, calm);
    expect(() => approve(state, answer, calm)).toThrowError(unknown);
    expect(() => reject(state, answer)).toThrowError(unknown);
  });

  it('in time is one up to the moment of expiry, not in it', () => {
    expect(approve(waiting, { ...answer, now: waitNanoseconds - 1n }, calm).action.action_id).toBe('a1');
    expect(() => approve(waiting, { ...answer, now: waitNanoseconds }, calm)).toThrowError(unknown);
  });

  it.each([
    ['the emergency stop is on', setStop(waiting, 'on').state, calm, 'emergency_stop'],
    [
      'modifications are disabled',
      setPolicy(waiting, { modification: false }).state,
      calm,
      'modification_disabled',
    ],
    ['a feeling has fallen', waiting, { ...calm, confidence: 0.5 }, 'confidence_low'],
  ])('is refused while %s, and the action waits on', (_, state, feelings, part) => {
    expect(() => approve(state, answer, feelings)).toThrowError(
      expect.objectContaining({
        code: 'POLICY_BLOCKED',
        errno: 'EPOLICY',
        context: { what: 'pattern_promotion', part },
      }),
    );
    expect(state.queue).toHaveLength(1);
  });
});

it('what is rejected is gone, and recorded with who did it', () => {
  const { state, events } = reject(waiting, answer);
  expect(state.queue).toEqual([]);
  const meta = { type: 'pattern_promotion', uid: 1000 };
  expect(events).toEqual([{ event: 'AUDIT_POLICY_REJECTED', id: 'a1', meta }]);
  expect(() => approve(state, answer, calm)).toThrowError(unknown);
});

it('what expires is gone, each with a record; nothing else is', () => {
  const two = consider(waiting, request({ action_id: 'a2' }), calm, 10n).state;
  expect(expire(two, waitNanoseconds - 1n)).toEqual({ state: two, events: [] });
  const { state, events } = expire(two, waitNanoseconds);
  expect(state.queue.map(({ action_id }) => action_id)).toEqual(['a2']);
  expect(state.version).toBe(two.version + 1);
  expect(events).toEqual([{ event: 'AUDIT_POLICY_EXPIRED', id: 'a1', meta: { type: 'pattern_promotion' } }]);
});

describe('whatever is done in whatever order', () => {
  const id = fc.integer({ min: 0, max: 4 }).map((number) => `a${number}`);
  const step = fc.record({
    what: fc.constantFrom('request', 'approve', 'reject', 'expire', 'stop', 'clear'),
    id,
    after: fc.bigInt({ min: 0n, max: waitNanoseconds / 3n }),
  });

  it('an action is executed at most once for each time it was let in, never after a no, an expiry or under a stop', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        /** When each waiting action came. */
        const model = new Map<string, bigint>();
        let state: PolicyState = firstState;
        let now = 0n;
        for (const { what, id: actionId, after } of steps) {
          now += after;
          for (const [known, came] of model) if (now >= came + waitNanoseconds) model.delete(known);
          const may = model.has(actionId) && state.stop === 'off';
          const before = state.version;
          try {
            if (what === 'request')
              state = consider(state, request({ action_id: actionId }), calm, now).state;
            if (what === 'approve') {
              state = approve(state, { actionId, uid: 0, now }, calm).state;
              expect(may).toBe(true);
            }
            if (what === 'reject') state = reject(state, { actionId, uid: 0, now }).state;
            if (what === 'approve' || what === 'reject') model.delete(actionId);
            if (what === 'request' && state.stop === 'off') model.set(actionId, now);
          } catch (error) {
            expect(error).toMatchObject({
              code: expect.stringMatching(/^(ACTION_(KNOWN|UNKNOWN)|POLICY_BLOCKED)$/),
            });
            if (what === 'approve') expect(may).toBe(false);
          }
          if (what === 'expire') state = expire(state, now).state;
          if (what === 'stop') state = setStop(state, 'on').state;
          if (what === 'clear') state = setStop(state, 'off').state;
          expect(state.version).toBeGreaterThanOrEqual(before);
          const alive = expire(state, now).state.queue.map(({ action_id }) => action_id);
          expect(alive.sort()).toEqual([...model.keys()].sort());
          expect(policyStateSchema.safeParse(state).success).toBe(true);
        }
      }),
    );
  });
});
