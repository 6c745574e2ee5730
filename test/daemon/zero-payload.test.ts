/**
 * sherind has nothing of what requests and results say: not in what it sends, receives, writes and reads, not in what it starts,
 * not in its database, its log or its memory.
 */

import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DaemonClient, DaemonError } from '../../daemon/client/daemon-client.js';
import { taskDomains } from '../../daemon/protocol/methods/task.js';
import { Machine, sherinctl } from '../vault/machine.js';
import { Sherind } from './sherind.js';
import { randomBinary, randomText } from './zero-payload/contents.js';
import { memoryOf } from './zero-payload/memory.js';
import { Recording } from './zero-payload/recording.js';
import { Traces } from './zero-payload/traces.js';

const requests = 40;
const answered = 6;

let machine: Machine;
let sherind: Sherind;
let client: DaemonClient;
let recording: Recording;
/** Of requests and results. */
const contents: Buffer[] = [];
const ids: string[] = [];
const refusals = new Set<string>();

/** Stores a request as any program does. @returns its ID, by way of sherind */
async function stored(content: Buffer): Promise<string> {
  const file = openSync(join(machine.mount, 'inbox', `request-${contents.length}`), 'wx', 0o600);
  try {
    contents.push(content);
    writeFileSync(file, content);
    fsyncSync(file);
    const { id } = await client.call('file.resolve', { inode: fstatSync(file).ino });
    if (id === null) throw new Error('the request has no ID');
    ids.push(id);
    return id;
  } finally {
    closeSync(file);
  }
}

/** What the bots that come along can answer, so that results go through, too. */
function question(): Buffer {
  const sum = Array.from({ length: 12 }, () => randomInt(1_000_000)).join(' + ');
  return Buffer.from(`what is ${sum}?`);
}

const oneOf = <T>(list: readonly T[]): T => list[randomInt(list.length)] as T;

/** One task in any of the ways there are. Whether it can be done is not the question. */
async function submit(content: Buffer): Promise<void> {
  const id = await stored(content);
  const [domain, other] = [oneOf(taskDomains), oneOf(taskDomains)];
  const ways = [
    () => client.call('task.submit', { id }),
    () => client.call('task.submit', { id, domain }),
    () => client.call('task.submit', { id, domain, class: 'no-such-class' }),
    () => client.call('task.submit', { id, domain, priority: 9, emotion: { confidence: 0.1 } }),
    () => client.call('task.submitMulti', { id, domains: [...new Set([domain, other])] }),
  ];
  try {
    await oneOf(ways)();
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    refusals.add(error.code);
  }
}

/** As a person does who types it. */
async function submitByCommand(content: Buffer): Promise<void> {
  contents.push(content);
  const child = spawn(process.execPath, [sherinctl, 'task', 'submit', '-'], {
    env: machine.env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.end(content);
  await once(child, 'close');
}

/** Waits for the end of all tasks, and takes what they have given. */
async function takeResults(): Promise<void> {
  for (let page: number | undefined; ; ) {
    const { tasks, next } = await client.call('task.list', page === undefined ? {} : { page });
    for (const { task_id } of tasks) {
      let task = await client.call('task.get', { task_id });
      while (task.times.ended === undefined) {
        await sleep(20);
        task = await client.call('task.get', { task_id });
      }
      if (task.result_id !== undefined)
        contents.push(readFileSync(join(machine.mount, 'ids', task.result_id)));
    }
    if (next === null) return;
    page = next;
  }
}

function memory(traces: Traces): Set<string> {
  const found = new Set<string>();
  for (const bytes of memoryOf(sherind.pid)) for (const form of traces.find(bytes)) found.add(form);
  return found;
}

/** Its own, and the log of sherin-fs, which it has started: what a person may send to somebody who helps. */
function logs(): Buffer {
  return Buffer.from(sherind.log + machine.log);
}

/** The database as it lies on the disk, its WAL included. */
function database(): Buffer {
  const folder = join(machine.home, 'daemon');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.includes('sherind.db'));
  expect(files.some((name) => name.endsWith('-wal'))).toBe(true);
  return Buffer.concat(files.map((name) => readFileSync(join(folder, name))));
}

/** How it was called. */
function call(): Buffer {
  return Buffer.concat(['cmdline', 'environ'].map((name) => readFileSync(`/proc/${sherind.pid}/${name}`)));
}

describe.runIf(process.getuid?.() === 0)('of requests and results', () => {
  let recorded: readonly Buffer[];
  let inMemory: Set<string>;

  beforeAll(async () => {
    machine = Machine.start();
    // Bots are others, and have to pass.
    chmodSync(machine.home, 0o711);
    sherind = await Sherind.start(machine);
    client = await DaemonClient.connect(join(machine.home, 'run/sherind.sock'));
    mkdirSync(join(machine.home, 'recording'));
    recording = await Recording.of(sherind.pid, join(machine.home, 'recording/calls'));
    for (let n = 0; n < requests; n++) {
      // Tasks that are kept: refused ones are not.
      if (n === requests / 2) await client.call('policy.estop', { on: true });
      await submit(n % 2 === 0 ? randomText() : randomBinary());
      recording.look();
    }
    await submitByCommand(randomText());
    await client.call('policy.estop', { on: false });
    await submitByCommand(randomText());
    for (let n = 0; n < answered; n++)
      await client.call('task.submit', {
        id: await stored(question()),
        ...(n % 2 === 0 ? {} : { domain: 'calculations' }),
      });
    await takeResults();
    inMemory = memory(new Traces(contents));
    recorded = await recording.end();
  });
  afterAll(async () => {
    client.close();
    await sherind.end();
    machine.end();
  });

  it('sherind was asked for much, and has refused what there is no bot for', async () => {
    // Requests by either way, and results.
    expect(contents.length).toBeGreaterThanOrEqual(requests + 2 + 2 * answered);
    expect([...refusals]).toContain('EPOLICY');
    expect((await client.call('task.list', { state: 'blocked' })).tasks.length).toBeGreaterThan(0);
  });

  it('the search finds what is there: IDs of requests', () => {
    const traces = new Traces(ids.map((id) => Buffer.from(id.slice(id.lastIndexOf('_') + 1))));
    for (const [place, found] of [
      ['recording', new Set(recorded.flatMap((bytes) => [...traces.find(bytes)]))],
      ['database', traces.find(database())],
      ['memory', memory(traces)],
    ] as const)
      expect([place, [...found]]).toEqual([place, expect.arrayContaining(['raw'])]);
  });

  it('nothing is in its sockets, files and programs', () => {
    const traces = new Traces(contents);
    expect(new Set(recorded.flatMap((bytes) => [...traces.find(bytes)]))).toEqual(new Set());
  });

  it('nothing is in its log, its database, its arguments and environment', () => {
    const traces = new Traces(contents);
    for (const bytes of [logs(), database(), call()]) expect(traces.find(bytes)).toEqual(new Set());
  });

  it('nothing is in its memory', () => {
    expect(inMemory).toEqual(new Set());
    expect(memory(new Traces(contents))).toEqual(new Set());
  });
});
