/** What is taken for a request is one by the schema, and the other way round. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asRequest, daemonRequestSchema } from './lines.js';

const id = fc.oneof(
  fc.nat(),
  fc.double(),
  fc.constantFrom(-1, -0, 1.5, 2 ** 53 - 1, 2 ** 53, null, true, '', 'a-7', 'a b', '-a', 'a\n'),
  fc.string({ maxLength: 70 }),
  fc.jsonValue({ maxDepth: 1 }),
);
const request = fc.record(
  {
    jsonrpc: fc.constantFrom('2.0', '1.0', 2, null),
    id,
    method: fc.oneof(fc.constantFrom('system.hello', '', 7), fc.string({ maxLength: 70 })),
    params: fc.jsonValue({ maxDepth: 1 }),
    more: fc.nat(),
  },
  { requiredKeys: ['jsonrpc', 'method'] },
);

/** As they come over the socket. */
function agree(text: string): void {
  const value: unknown = JSON.parse(text);
  const parsed = daemonRequestSchema.safeParse(value);
  const taken = asRequest(value);
  expect(taken !== null).toBe(parsed.success);
  if (taken !== null) expect(taken).toEqual(parsed.data);
}

it('of any JSON', () => {
  fc.assert(
    fc.property(fc.oneof(request, fc.jsonValue({ maxDepth: 2 })), (value) => agree(JSON.stringify(value))),
    { numRuns: 1_000 },
  );
});

it.each([
  '{"jsonrpc":"2.0","method":"a","__proto__":1}',
  '{"jsonrpc":"2.0","method":"a","constructor":1}',
  '{"jsonrpc":"2.0","method":"a","id":null}',
  '{"jsonrpc":"2.0","method":"a","id":-0}',
  `{"jsonrpc":"2.0","method":"${'a'.repeat(64)}"}`,
  `{"jsonrpc":"2.0","method":"${'a'.repeat(65)}"}`,
  '{"__proto__":{"jsonrpc":"2.0"},"method":"a"}',
])('of %s', agree);
