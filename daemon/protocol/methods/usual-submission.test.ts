/** What is told of a submission in one look is what the schemas say. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { taskMethods } from './task.js';

const { params, result, usual } = taskMethods['task.submit'];
const request = 'FILES_20260101_0123456789abcdef0123456789abcdef';
const task = `t_${'a'.repeat(26)}`;

/** What fits a field, what nearly does, and anything. */
function field(...fits: unknown[]): fc.Arbitrary<unknown> {
  const strings = fits.filter((one) => typeof one === 'string');
  const bent = strings.flatMap((one) => [`${one}\n`, ` ${one}`, one.slice(1), one.toUpperCase(), `${one}a`]);
  const most = { weight: 4, arbitrary: fc.constantFrom(...fits) };
  return fc.oneof(most, fc.constantFrom(...bent, null, [request]), fc.jsonValue({ maxDepth: 1 }));
}
const more = { more: fc.nat() };
const taken = fc.record(
  {
    ...{
      id: field(request, 'A_20260230_0123456789abcdef0123456789abcdef'),
      domain: field('logic', 'sorcery'),
    },
    ...{ priority: field(5, 10), emotion: field({}), inputs: field([]), class: field('problem'), ...more },
  },
  { requiredKeys: ['id', 'domain'] },
);
const policy = fc.record(
  { decision: field('auto_approved'), reason: field('semi_autonomous'), more: fc.nat() },
  { requiredKeys: ['decision', 'reason'] },
);
const given = fc.record(
  {
    ...{ task_id: field(task, `${task.slice(0, -1)}b`), state: field('done', 'queued', 'lost') },
    ...{
      result_id: field(request),
      policy: fc.oneof({ weight: 4, arbitrary: policy }, fc.jsonValue()),
      ...more,
    },
  },
  { requiredKeys: ['task_id', 'state', 'policy'] },
);

/** As it comes over the socket. */
const overSocket = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

it('of what is submitted', () => {
  const any = fc.oneof({ weight: 8, arbitrary: taken }, fc.jsonValue({ maxDepth: 2 })).map(overSocket);
  fc.assert(
    fc.property(any, (value) => {
      const known = usual?.params(value) ?? null;
      if (known !== null) expect(params.safeParse(value)).toEqual({ success: true, data: known });
    }),
    { numRuns: 5_000 },
  );
});

it('of what is answered', () => {
  const any = fc.oneof({ weight: 8, arbitrary: given }, fc.jsonValue({ maxDepth: 2 })).map(overSocket);
  fc.assert(
    fc.property(any, (value) => {
      if (usual?.result(value)) expect(result.safeParse(value)).toEqual({ success: true, data: value });
    }),
    { numRuns: 5_000 },
  );
});

it('nearly all are told so', () => {
  expect(usual?.params({ id: request, domain: 'logic' })).toEqual(
    params.parse({ id: request, domain: 'logic' }),
  );
  const answer = { task_id: task, state: 'done', result_id: request };
  expect(usual?.result({ ...answer, policy: { decision: 'auto_approved', reason: 'autonomous' } })).toBe(
    true,
  );
});

it.each([
  '{"id":"ID","domain":"logic","__proto__":1}',
  '{"__proto__":{"id":"ID"},"domain":"logic"}',
  '{"id":"ID","domain":"logic","class":"problem"}',
  '{"id":"ID","domain":"constructor"}',
  '{"id":["ID"],"domain":"logic"}',
  '["ID","logic"]',
])('the schema tells of %s', (text) => {
  expect(usual?.params(JSON.parse(text.replace('ID', request)))).toBe(null);
});
