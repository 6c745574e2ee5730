import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { daemonMethods } from '../protocol/daemon.js';
import { daemonResponseSchema, lineLimit } from '../protocol/lines.js';
import { answering, nobody, restingHandlers, root } from './daemon.fixture.js';
import { TokenBuckets } from './token-buckets.js';

const answer = answering();

/** The answer to a line, checked against the protocol; null for none. */
async function reply(line: string | Buffer): Promise<unknown> {
  const bytes = await answer(Buffer.from(line));
  if (bytes === null) return null;
  expect(bytes.length).toBeLessThanOrEqual(lineLimit);
  expect(bytes.indexOf(0x0a)).toBe(bytes.length - 1);
  return daemonResponseSchema.parse(JSON.parse(bytes.toString()));
}

const request = (rest: object): string => JSON.stringify({ jsonrpc: '2.0', id: 1, ...rest });
const refused = (code: number, errno: string) => ({ error: { code, data: { code: errno } } });

describe('a request', () => {
  it.each(Object.keys(daemonMethods))('%s is answered under its ID', async (method) => {
    expect(await reply(request({ method }))).toMatchObject({ id: 1 });
    expect(await reply(request({ method, id: 'a-7', params: {} }))).toMatchObject({ id: 'a-7' });
  });

  it('without an ID is a notification and gets no answer', async () => {
    expect(await reply('{"jsonrpc":"2.0","method":"system.hello"}')).toBeNull();
    expect(await reply('{"jsonrpc":"2.0","method":"unknown"}')).toBeNull();
  });

  it('for an unknown method is -32601', async () => {
    for (const method of ['system.nothing', 'toString', '__proto__', '']) {
      expect(await reply(request({ method }))).toMatchObject(refused(-32601, 'ENOSYS'));
    }
  });

  it.each([
    ['no JSON', 'hello', -32700],
    ['half of one', '{"jsonrpc":"2.0","id":1', -32700],
    ['nothing', '', -32700],
    ['with a key twice', '{"jsonrpc":"2.0","id":1,"id":2,"method":"system.hello"}', -32700],
    ['with an ID beyond all numbers', '{"jsonrpc":"2.0","id":1e999,"method":"system.hello"}', -32600],
    [
      'with an ID that no number holds exactly',
      '{"jsonrpc":"2.0","id":9007199254740993,"method":"system.hello"}',
      -32600,
    ],
    ['a batch', '[]', -32600],
    ['a number', '7', -32600],
    ['null', 'null', -32600],
    ['of another version', request({ jsonrpc: '1.0', method: 'system.hello' }), -32600],
    ['without a method', request({}), -32600],
    ['with a method that is no text', request({ method: 7 }), -32600],
    ['with an ID that is no ID', request({ id: { a: 1 }, method: 'system.hello' }), -32600],
    ['with a field of its own', request({ method: 'system.hello', content: 'x' }), -32600],
    ['with parameters by position', request({ method: 'system.hello', params: [1] }), -32602],
    ['with parameters of a wrong type', request({ method: 'system.hello', params: 'x' }), -32602],
  ])('that is %s is refused', async (_, line, code) => {
    expect(await reply(line)).toMatchObject(refused(code, 'EINVAL'));
  });

  it('that is not UTF-8 is refused', async () => {
    expect(await reply(Buffer.from([0x22, 0xff, 0x22]))).toMatchObject(refused(-32700, 'EINVAL'));
  });

  it('as deeply nested as a line allows is refused', async () => {
    const deep = '['.repeat(2000) + ']'.repeat(2000);
    expect(await reply(deep)).toMatchObject(refused(-32600, 'EINVAL'));
    const within = `{"jsonrpc":"2.0","id":1,"method":"system.hello","params":{"a":${deep}}}`;
    expect(await reply(within)).toMatchObject(refused(-32602, 'EINVAL'));
    expect(await reply('{"a":'.repeat(800))).toMatchObject(refused(-32700, 'EINVAL'));
  });

  it('with a field it does not take is refused by name, without its value', async () => {
    const blob = 'content'.repeat(500);
    for (const method of Object.keys(daemonMethods)) {
      const response = await reply(request({ method, params: { text: blob } }));
      expect(response).toMatchObject(refused(-32602, 'EINVAL'));
      expect(response).toMatchObject({ error: { message: `${method}: unknown field text` } });
      expect(JSON.stringify(await reply(request({ method, params: { [blob]: 1 } })))).not.toContain(
        'content',
      );
    }
  });
});

const administrative = Object.entries(daemonMethods).filter(([, { right }]) => right === 'admin');

it('a method for administrators is refused to others before its parameters are looked at', async () => {
  const asked = answering(restingHandlers, nobody);
  expect(administrative.length).toBeGreaterThan(2);
  for (const [method] of administrative) {
    const line = String(await asked(Buffer.from(request({ method, params: { text: 'x' } }))));
    expect(JSON.parse(line)).toMatchObject(refused(-32000, 'EACCES'));
  }
});

it('an error of the table travels as its name, its errno and its ID, without any path', async () => {
  const id = 'FILES_20260101_0123456789abcdef0123456789abcdef';
  const failing = (error: SherinError) =>
    answering({ ...restingHandlers, 'object.stat': () => Promise.reject(error) });
  const ask = async (error: SherinError): Promise<unknown> => {
    const line = await failing(error)(Buffer.from(request({ method: 'object.stat', params: { id } })));
    return JSON.parse(String(line));
  };
  expect(await ask(new SherinError('ID_UNKNOWN', { id }))).toMatchObject({
    error: { code: -32000, message: 'object.stat: ID_UNKNOWN', data: { code: 'ENOENT', id } },
  });
  expect(await ask(new SherinError('LOCKED'))).toMatchObject({
    error: { message: 'object.stat: LOCKED, the vault is locked', data: { code: 'ENOKEY' } },
  });
  const part = 'uid 1000 has 10000 that have not ended';
  expect(await ask(new SherinError('TASK_QUEUE_FULL', { part }))).toMatchObject({
    error: {
      message: `object.stat: TASK_QUEUE_FULL, no further task is taken: ${part}`,
      data: { code: 'EBUSY' },
    },
  });
  const path = '/somewhere';
  expect(JSON.stringify(await ask(new SherinError('NOT_RUNNING', { path })))).not.toContain(path);
});

it('a user who asks too much is told so, under the ID; others are not', async () => {
  const buckets = new TokenBuckets({ burst: 3, perSecond: 0 });
  const asked = answering(restingHandlers, root, buckets);
  const line = Buffer.from(request({ method: 'system.hello', id: 'x' }));
  for (let times = 0; times < 3; times++)
    expect(JSON.parse(String(await asked(line)))).toHaveProperty('result');
  expect(JSON.parse(String(await asked(line)))).toMatchObject({ id: 'x', ...refused(-32000, 'EBUSY') });
  expect(await asked(Buffer.from('{"jsonrpc":"2.0","method":"system.hello"}'))).toBeNull();
  const other = answering(restingHandlers, nobody, buckets);
  expect(JSON.parse(String(await other(line)))).toHaveProperty('result');
});

it('a line that is too long is refused with its limit', async () => {
  const response: unknown = JSON.parse(String(await answer('too-long')));
  expect(response).toMatchObject({ id: null, ...refused(-32600, 'EMSGSIZE') });
});

it('a handler that fails or tells more than its schema admits is answered as an internal error', async () => {
  const text = 'a path: /somewhere';
  const leaky = answering({
    ...restingHandlers,
    'system.hello': async () => ({ sherind: text, protocol: 1, fs: null }),
    'system.health': () => Promise.reject(new Error(text)),
  });
  for (const method of ['system.hello', 'system.health']) {
    const line = String(await leaky(Buffer.from(request({ method }))));
    expect(JSON.parse(line)).toMatchObject(refused(-32603, 'EIO'));
    expect(line).not.toContain('somewhere');
  }
});

it('whatever comes, the answer is a line of the protocol', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.json({ maxDepth: 3 }),
    fc
      .record({
        jsonrpc: fc.constantFrom('2.0', '1.0', 2),
        id: fc.oneof(fc.nat(), fc.jsonValue()),
        method: fc.oneof(fc.constantFrom(...Object.keys(daemonMethods)), fc.string()),
        params: fc.jsonValue(),
      })
      .map((value) => JSON.stringify(value)),
  );
  await fc.assert(
    fc.asyncProperty(text, async (line) => {
      await reply(line);
    }),
    { numRuns: 300 },
  );
});
