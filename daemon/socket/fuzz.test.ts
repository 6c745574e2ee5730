/** Requests of every method, bent and broken, in pieces, over several connections: every line is answered or the connection ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DaemonMethod, daemonMethods } from '../protocol/daemon.js';
import { daemonResponseSchema, lineLimit } from '../protocol/lines.js';
import { places, put, sample, tree } from '../protocol/schemas.fixture.js';
import { answering, RawClient, requestLine, silent } from './daemon.fixture.js';
import { busyLine } from './dispatch.js';
import { LineServer } from './line-server.js';
import { TokenBuckets } from './token-buckets.js';

let folder: string;
let server: LineServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  const answer = answering(undefined, undefined, new TokenBuckets({ burst: 1e9, perSecond: 1 }));
  server = await LineServer.listen({ path: join(folder, 's'), answer, busy: busyLine, log: silent });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const requests = (Object.keys(daemonMethods) as DaemonMethod[]).map((method) => ({
  ...{ jsonrpc: '2.0', id: 1, method, params: sample(tree(daemonMethods[method].params, 'input')) },
}));

/** What JSON.stringify would not write. */
const raw = ['1e999', '-0', '9007199254740993', '0.1e-400', '"\\ud800"', '{"__proto__":{"admin":true}}'];
const odd = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom<unknown>(null, -1, 2 ** 53, 1.5, '', [], {}, true),
  fc
    .integer({ min: 1, max: 1500 })
    .map((depth) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown),
);

const bent = fc
  .tuple(fc.constantFrom(...requests), fc.nat(), odd, fc.option(fc.constantFrom(...raw)))
  .map(([request, at, value, literal]) => {
    const all = places(request);
    const place = all[at % all.length] ?? [];
    if (literal === null) return JSON.stringify(put(request, place, value));
    return JSON.stringify(put(request, place, 'LITERAL')).replace('"LITERAL"', () => literal);
  });

const line = fc.oneof(
  bent,
  // A key twice, half a line, two lines in one, bytes that are no text.
  fc
    .tuple(bent, fc.constantFrom('"id":7,', '"method":"system.hello",'))
    .map(([text, twice]) => `{${twice}${text.slice(1)}`),
  fc.tuple(bent, fc.nat(400)).map(([text, length]) => text.slice(0, length)),
  fc.tuple(bent, bent).map((two) => two.join('')),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);

async function exchange(bytes: Buffer, cuts: readonly number[], abrupt: boolean): Promise<unknown[]> {
  const client = await RawClient.connect(join(folder, 's'));
  let from = 0;
  for (const cut of [...cuts.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    client.send(bytes.subarray(from, cut));
    from = cut;
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (abrupt) client.socket.destroy();
  else client.socket.end();
  const answers: unknown[] = [];
  for (let answer = await client.line(); answer !== null; answer = await client.line()) answers.push(answer);
  return answers;
}

it('whatever is asked, the answers are lines of the protocol, at most one for each line, and the socket goes on', async () => {
  const conversation = fc.tuple(
    fc.array(line, { maxLength: 6 }),
    fc.array(fc.nat(), { maxLength: 4 }),
    fc.boolean(),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(conversation, { minLength: 1, maxLength: 3 }), async (conversations) => {
      const told = await Promise.all(
        conversations.map(async ([lines, cuts, abrupt]) => {
          const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
          const most = bytes.filter((byte) => byte === 0x0a).length;
          return { answers: await exchange(bytes, cuts, abrupt), most };
        }),
      );
      for (const { answers, most } of told) {
        expect(answers.length).toBeLessThanOrEqual(most);
        for (const answer of answers) {
          daemonResponseSchema.parse(answer);
          expect(JSON.stringify(answer).length).toBeLessThan(lineLimit);
        }
      }
    }),
    { numRuns: 150 },
  );
  const client = await RawClient.connect(join(folder, 's'));
  expect(await client.ask(requestLine('system.hello'))).toMatchObject({ result: { sherind: '0.1.0' } });
  client.socket.destroy();
});
