/**
 * Known-item searches in the documents of this machine: they are put into a vault, made a collection, and the bot in its
 * sandbox, which sees what it was granted at the mount and nothing else, has to find the document that answers.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asSherinId, type SherinId } from '../../common/ids.js';
import { projectRoot } from '../../common/project.js';
import type { SupervisedBot } from '../../daemon/bots/supervised-bot.js';
import { BotWorkplace, taskOf } from '../../daemon/bots/testing/workplace.js';
import { Machine } from '../vault/machine.js';
import { copyDocuments, knownItems, nameOf } from './documents.js';

interface Found {
  readonly passages: readonly {
    readonly id: string;
    readonly path: string;
    readonly from: number;
    readonly to: number;
    readonly encoding?: 'gzip';
    readonly charset?: 'iso-8859-1';
    readonly text: string;
  }[];
}

const root = process.getuid?.() === 0;
const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const items = knownItems();
const enough = 0.8;

const machine = Machine.empty();
const place = new BotWorkplace();
let bot: SupervisedBot;
let documents = 0;
let collection: SherinId;
let tasks = 0;

const files = (name: string) => join(machine.mount, 'files', name);

function idsOf(paths: readonly string[]): SherinId[] {
  const shown = execFileSync('getfattr', ['--only-values', '-n', 'user.sherin.id', ...paths], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // They stand one behind the other.
  return [...shown.matchAll(/[A-Z]+_\d{8}_[0-9a-f]{32}/g)].map(([id]) => asSherinId(id));
}

beforeAll(async () => {
  const names = items.map(nameOf);
  // The bot is another user and has to pass.
  chmodSync(machine.home, 0o755);
  documents = copyDocuments(join(machine.home, 'doc'), names, 1_000);
  machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
  machine.ok('up', ...(root ? ['--allow-other'] : []));
  machine.ok('put', join(machine.home, 'doc'));
  machine.ok('collection', 'make', 'files/doc', 'files/doc.collection');
  [collection] = idsOf([files('doc.collection')]) as [SherinId];
  await machine.call('bot.open', { bot: 'knowledge', uid: place.uid ?? owner.uid, mostBytes: 1_000_000 });
  bot = place.ownBot('knowledge', {}, join(machine.mount, 'bots/knowledge'));
  await bot.start();
});

afterAll(async () => {
  await place.remove();
  machine.end();
});

/** What the bot says to a question with these objects beside it: its result, or the name of an error. */
async function ask(question: string, inputs: readonly SherinId[]): Promise<Found | string> {
  const task = `t_${++tasks}`;
  const request = join(machine.mount, 'inbox', task);
  writeFileSync(request, question);
  const [id] = idsOf([request]) as [SherinId];
  await machine.call('grant.add', { bot: 'knowledge', task, ...owner, groups: [], ids: [id, ...inputs] });
  try {
    const outcome = await bot.give(taskOf(id));
    if (outcome?.kind === 'error') return outcome.error;
    if (outcome?.kind !== 'result') throw new Error(`no answer: ${JSON.stringify(outcome)}`);
    const result = join(machine.mount, 'bots/knowledge/out', outcome.resultId);
    const answer = JSON.parse(readFileSync(result, 'utf8')) as Found;
    rmSync(result);
    return answer;
  } finally {
    await machine.call('grant.end', { bot: 'knowledge', task });
  }
}

async function found(question: string): Promise<Found> {
  const answer = await ask(question, [collection]);
  return typeof answer === 'string' ? { passages: [] } : answer;
}

test('the document that answers is near the top', async () => {
  const wanted = idsOf(items.map((item) => files(`doc/${nameOf(item)}`)));
  expect(wanted).toHaveLength(100);
  expect(new Set(wanted).size).toBe(100);
  let sum = 0;
  const late: string[] = [];
  for (const [at, { question, document }] of items.entries()) {
    const { passages } = await found(question);
    const rank = 1 + passages.findIndex(({ id }) => id === wanted[at]);
    if (rank > 0) sum += 1 / rank;
    if (rank !== 1) late.push(`${rank === 0 ? '-' : rank}  ${document}: ${question}`);
  }
  const mrr = sum / items.length;
  console.log(
    `MRR ${mrr.toFixed(3)} of 100 searches in ${documents} documents; not the first:\n${late.join('\n')}`,
  );
  expect(mrr).toBeGreaterThanOrEqual(enough);
}, 300_000);

test('what it tells of a passage is so: the object, its path, and the bytes', async () => {
  const { passages } = await found('Who wrote GNU tar, and how are sparse files archived?');
  expect(passages.length).toBeGreaterThan(3);
  expect(passages.length).toBeLessThanOrEqual(10);
  for (const { id, path, from, to, encoding, charset, text } of passages) {
    const object = join(machine.mount, 'ids', id);
    const content = readFileSync(object);
    const bytes = encoding === 'gzip' ? gunzipSync(content) : content;
    expect(bytes.toString(charset === undefined ? 'utf8' : 'latin1', from, to)).toBe(text);
    expect(idsOf([join(machine.mount, path)])).toEqual([id]);
  }
});

test('a question without words, without a collection, or about what nobody has written', async () => {
  expect(await ask('?!', [collection])).toBe('empty-question');
  expect(await ask('where is the snark?', [])).toBe('no-collection');
  expect(await ask('zzyzxqwv', [collection])).toBe('nothing-found');
  const [no] = idsOf([files(`doc/${nameOf({ question: '', document: 'bash/RBASH' })}`)]) as [SherinId];
  expect(await ask('what is forbidden?', [no])).toBe('not-a-collection');
  // Of several one that is none is told, not passed over.
  expect(await ask('what is forbidden?', [collection, no])).toBe('not-a-collection');
});

test('the published rate is one that is reached', () => {
  const text = readFileSync(join(projectRoot, 'docs/bots.md'), 'utf8');
  const [, published] = /mean reciprocal rank of (0\.\d+) at\s+least/.exec(text) ?? [];
  expect(Number(published)).toBe(enough);
});
