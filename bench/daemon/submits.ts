/** D1: what one submission takes whose answer is known. D2: how many there can be in a second. D3: from a question to its answer at the mount. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, type Row, type Samples, seconds } from '../measure.js';
import type { PartOptions } from '../parts/part.js';
import { withEcho } from './echo.js';
import { LineClient } from './line-client.js';
import { type Domain, type Served, users } from './served.js';

/** Of each user in a round: less than his token bucket holds, so that it is never that which is measured. */
const hits = 1_500;
const trips = 1_500;
const newTasks = 60;
/** Milliseconds of a round, where so many take longer. */
const longest = 3_000;
/** Who waits for answers: one who has no other task, so that what he is told is about his. */
const watcher = 60_999;
/** Requests under way in a connection. */
const depth = 16;
const questions = 100;

interface User {
  readonly uid: number;
  /** Submits a request whose answer he knows. */
  readonly line: Buffer;
}

export async function submitRows(options: PartOptions, served: Served): Promise<Row[]> {
  const { say } = options;
  const place = served.place.name;
  say(`users get their first answers (${place})`);
  const known: User[] = [];
  for (const uid of users) known.push(await answered(served, uid));
  // What they have asked until now is out of their buckets.
  await sleep(500);
  return [
    ...(await roundTrips(options, served, known)),
    await rate(options, served, 'hits', hits, known),
    await visible(options, served),
    await rate(options, served, 'new tasks', newTasks, await waiting(served, ['physics'])),
    await rate(options, served, 'for two domains', newTasks, await waiting(served, ['physics', 'chemistry'])),
  ];
}

async function roundTrips(options: PartOptions, served: Served, known: readonly User[]): Promise<Row[]> {
  const place = served.place.name;
  const echo = `${served.place.path}/echo.sock`;
  const fields = ['p50', 'p99', 'out', 'in'] as const;
  const samples = new Map(fields.map((field) => [field, new Map<string, number[]>()]));
  await withEcho(echo, async () => {
    for (let round = 0; round < options.rounds; round++) {
      options.say(`round trips, round ${round + 1} (${place})`);
      const { uid, line } = known[round % known.length] as User;
      for (const [name, path] of [
        ['sherin', served.store.daemonSocket],
        ['Unix-socket echo', echo],
      ] as const) {
        const { times, bytes } = await trip(path, uid, line, name === 'sherin');
        const sorted = times.sort((a, b) => a - b);
        const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN) * 1e6;
        const found = { p50: at(0.5), p99: at(0.99), out: line.length, in: bytes };
        for (const field of fields) add(samples.get(field), name, found[field]);
      }
    }
  });
  const row = (field: (typeof fields)[number], work: string, unit: string): Row => {
    return { id: 'D1', work, place, unit, better: 'less', samples: samples.get(field) ?? new Map() };
  };
  return [
    row('p50', 'submit whose answer is known, round trip, p50', 'µs'),
    row('p99', 'submit whose answer is known, round trip, p99', 'µs'),
    row('out', 'bytes of such a request', 'bytes'),
    row('in', 'bytes of its answer', 'bytes'),
  ];
}

async function trip(path: string, uid: number, line: Buffer, submits: boolean) {
  const client = await LineClient.connect(path, uid);
  const times: number[] = [];
  let bytes = 0;
  for (let one = 0; one < trips; one++) {
    let answer: Buffer = line;
    times.push(
      await seconds(async () => {
        answer = await client.ask(line);
      }),
    );
    if (submits) requireState(answer, 'done');
    bytes = answer.length;
  }
  client.close();
  return { times, bytes };
}

async function rate(
  options: PartOptions,
  served: Served,
  what: string,
  each: number,
  from: readonly User[],
): Promise<Row> {
  const place = served.place.name;
  const values: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    options.say(`submits, ${what}, round ${round + 1} (${place})`);
    const path = served.store.daemonSocket;
    const clients = await Promise.all(from.map(({ uid }) => LineClient.connect(path, uid)));
    // Full buckets for all.
    await sleep(2_000);
    const check = (answer: Buffer) => requireState(answer, what === 'hits' ? 'done' : 'queued');
    const pipeline = { most: each, depth, milliseconds: longest };
    let answers: number[] = [];
    const time = await seconds(async () => {
      answers = await Promise.all(
        clients.map((client, at) => client.pipeline((from[at] as User).line, pipeline, check)),
      );
    });
    for (const client of clients) client.close();
    values.push(answers.reduce((sum, one) => sum + one, 0) / time);
  }
  return {
    ...{ id: 'D2', work: `submits of ${from.length} pipelined clients, ${what}`, place },
    ...{ unit: 'a second', better: 'more', samples: new Map([['sherin', values]]) },
  };
}

async function visible(options: PartOptions, served: Served): Promise<Row> {
  const place = served.place.name;
  const samples: Samples = new Map([['sherin', []]]);
  const news = await LineClient.connect(served.store.daemonSocket, watcher);
  await news.ask(watch);
  for (let round = 0; round < options.rounds; round++) {
    options.say(`answers at the mount, round ${round + 1} (${place})`);
    const times: number[] = [];
    for (let one = 0; one < questions; one++) {
      const request = await served.request(watcher, 'what?');
      const line = submission(request, ['logic']);
      times.push(await seconds(() => untilVisible(served, news, line)));
    }
    add(samples, 'sherin', median(times) * 1e3);
  }
  news.close();
  return {
    ...{ id: 'D3', work: 'submit to the result read at the mount, p50', place },
    ...{ unit: 'ms', better: 'less', samples },
  };
}

/** @param client one that watches: its task is done when it is told so */
async function untilVisible(served: Served, client: LineClient, line: Buffer): Promise<void> {
  const { params } = JSON.parse(`${await client.ask(line, isDone)}`) as { params: { result_id: string } };
  const text = readFileSync(served.store.objectPath(params.result_id), 'utf8');
  if (!text.startsWith('answer: what?')) throw new Error('the result is another one');
}

/** A user with an answered request. */
async function answered(served: Served, uid: number): Promise<User> {
  const line = submission(await served.request(uid, 'known?'), ['logic']);
  const client = await LineClient.connect(served.store.daemonSocket, uid);
  try {
    while (!(await client.ask(line)).includes('"state":"done"')) await sleep(50);
  } finally {
    client.close();
  }
  return { uid, line };
}

/** Users with requests of which none is ever answered. */
async function waiting(served: Served, domains: readonly Domain[]): Promise<User[]> {
  const found: User[] = [];
  for (const uid of users) found.push({ uid, line: submission(await served.request(uid, 'wait'), domains) });
  return found;
}

function submission(id: string, domains: readonly Domain[]): Buffer {
  const [domain, ...more] = domains;
  const [method, params] =
    more.length === 0 ? ['task.submit', { id, domain }] : ['task.submitMulti', { id, domains }];
  return Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })}\n`);
}

const watch = Buffer.from('{"jsonrpc":"2.0","id":2,"method":"task.watch","params":{}}\n');

function isDone(line: Buffer): boolean {
  return line.includes('"method":"task"') && line.includes('"state":"done"');
}

function requireState(answer: Buffer, state: string): void {
  if (!answer.includes(`"state":"${state}"`)) throw new Error(`sherind answered ${answer}`);
}

function add(samples: Samples | undefined, name: string, value: number): void {
  samples?.set(name, [...(samples.get(name) ?? []), value]);
}
