/** No field of any message of sherind's socket has room for content. */
import { describe, expect, it } from 'vitest';
import { answering, restingHandlers } from '../socket/daemon.fixture.js';
import type { DaemonHandlers } from '../socket/dispatch.js';
import { type DaemonMethod, daemonMethods, daemonNotifications } from './daemon.js';
import { lineLimit } from './lines.js';
import { pageItems } from './methods/object.js';
import { metricsPage } from './methods/system.js';
import { taskPage } from './methods/task.js';
import { nodes, places, put, sample, shortTexts, tree } from './schemas.fixture.js';

const methods = Object.keys(daemonMethods) as DaemonMethod[];
const blob = 'content '.repeat(1280);

const messages = [
  ...methods.flatMap((name) => [
    [`${name} takes`, tree(daemonMethods[name].params, 'input')] as const,
    [`${name} gives`, tree(daemonMethods[name].result, 'output')] as const,
  ]),
  ...Object.entries(daemonNotifications).map(
    ([name, { params }]) => [`${name} tells`, tree(params, 'output')] as const,
  ),
];

const asked = answering();
async function ask(request: object, answer = asked): Promise<unknown> {
  return JSON.parse(String(await answer(Buffer.from(JSON.stringify(request)))));
}

it.each(messages)('%s only IDs, enums, numbers and short names, of known fields', (_, root) => {
  for (const node of nodes(root)) {
    if (node.type === 'string' && node.enum === undefined && node.const === undefined)
      expect(Object.keys(shortTexts)).toContain(node.title);
    if (node.type === 'object' && node.properties !== undefined)
      expect(node.additionalProperties).toBe(false);
    expect(['string', 'object', 'array', 'integer', 'number', 'boolean', 'null', undefined]).toContain(
      node.type,
    );
  }
});

it('the only path is the folder of a bot, from administrators to bot.register', () => {
  const withFolder = messages.filter(([, root]) =>
    [...nodes(root)].some(({ title }) => title === 'bot folder'),
  );
  expect(withFolder.map(([name]) => name)).toEqual(['bot.register takes']);
  expect(daemonMethods['bot.register'].right).toBe('admin');
});

describe.each(methods)('%s', (method) => {
  const params = sample(tree(daemonMethods[method].params, 'input'));
  const result = sample(tree(daemonMethods[method].result, 'output'));
  const request = { jsonrpc: '2.0', id: 1, method, params };

  it('refuses content in every field, by name', async () => {
    const fields = [...places(params), ['made-up']];
    for (const field of fields) {
      const answer = await ask({ ...request, params: put(params, field, blob) });
      const last = field.filter((part) => typeof part === 'string').at(-1);
      expect(answer).toMatchObject({ error: { code: -32602, data: { code: 'EINVAL' } } });
      expect(answer).toMatchObject({ error: { message: expect.stringContaining(String(last)) } });
      expect(JSON.stringify(answer)).not.toContain('content');
    }
    for (const wrong of [blob, [blob]]) {
      const answer = await ask({ ...request, params: wrong });
      expect(answer).toMatchObject({ error: { code: -32602 } });
      expect(JSON.stringify(answer)).not.toContain('content');
    }
  });

  it('gives none, even if it were at hand', async () => {
    for (const field of [...places(result), ['made-up']]) {
      const leaky = { ...restingHandlers, [method]: async () => put(result, field, blob) } as DaemonHandlers;
      const valid = sample(tree(daemonMethods[method].params, 'input')) as { inode?: number };
      if (method === 'file.resolve') delete valid.inode;
      const answer = await ask({ ...request, params: valid }, answering(leaky));
      expect(answer).toMatchObject({ error: { code: -32603, data: { code: 'EIO' } } });
      expect(JSON.stringify(answer)).not.toContain('content');
    }
  });
});

it('content in place of any other part of a request is refused, too', async () => {
  const request = { jsonrpc: '2.0', id: 1, method: 'system.hello', params: {} };
  for (const field of ['jsonrpc', 'id', 'method', 'made-up']) {
    const answer = await ask({ ...request, [field]: blob });
    expect(answer).toMatchObject({ error: { code: -32600, message: expect.stringContaining(field) } });
    expect(JSON.stringify(answer)).not.toContain('content');
  }
});

const longest: Readonly<Record<string, unknown>> = {
  'Sherin ID': `${'N'.repeat(16)}_20260101_${'f'.repeat(32)}`,
  'cube ID': 'a'.repeat(52),
  'short name': 'n'.repeat(64),
};
const pages = [
  ['object.list', 'Sherin ID', 'ids', pageItems.ids],
  ['object.lineage', 'Sherin ID', 'relatives', pageItems.relatives],
  ['file.resolve', 'cube ID', 'cube_ids', pageItems.cubes],
] as const;

it.each(pages)('the longest page of %s fits a line', (method, title, list, items) => {
  const id = longest['Sherin ID'];
  const item = method === 'object.lineage' ? { id, relation: 'descendant', kept: false } : longest[title];
  const next = method === 'object.list' ? id : Number.MAX_SAFE_INTEGER;
  const more = { id, version: 'n'.repeat(64), size: Number.MAX_SAFE_INTEGER };
  const result = { ...(method === 'object.list' ? {} : more), [list]: Array(items).fill(item), next };
  const line = JSON.stringify({ jsonrpc: '2.0', id: longest['short name'], result });
  expect(line.length).toBeLessThan(lineLimit);
});

it('the longest page of task.list, and the longest of metrics, fit a line', () => {
  const [id, name, most] = [longest['Sherin ID'], longest['short name'], Number.MAX_SAFE_INTEGER];
  const task = { task_id: `t_${'a'.repeat(26)}`, id, state: 'cancelled', domain: name, submitted: most };
  const tasks = Array(taskPage).fill({ ...task, result_id: id, error: name });
  const method = { method: 'task.submitMulti', seconds: most, buckets: Array(8).fill(most) };
  const statuses = Object.fromEntries(['ok', ...Array(9).keys()].map((at) => [`EPROTOTYPE${at}`, most]));
  const counts = { domain: 'calculations', queued: 100_000, running: 100_000, hits: most };
  const metrics = {
    methods: Array(metricsPage).fill({ ...method, statuses }),
    domains: Array(11).fill(counts),
  };
  for (const result of [
    { tasks, next: most },
    { ...metrics, next: method.method },
  ]) {
    const line = JSON.stringify({ jsonrpc: '2.0', id: name, result });
    expect(line.length).toBeLessThan(lineLimit);
  }
});
