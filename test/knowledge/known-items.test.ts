/**
 * Known-item searches in the documents of this machine: they are put into a vault, made a collection, and the bot in its
 * sandbox, which sees what it was granted at the mount and nothing else, has to find the document that answers.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asSherinId, type SherinId } from '../../common/ids.js';
import { projectRoot } from '../../common/project.js';
import { AsUser } from '../daemon/as-user.js';
import { Desk } from '../daemon/desk.js';
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

const items = knownItems();
const enough = 0.8;

let desk: Desk;
let documents = 0;
let collection: SherinId;

const files = (name: string) => join(desk.machine.mount, 'files', name);

function idsOf(paths: readonly string[]): SherinId[] {
  const shown = execFileSync('getfattr', ['--only-values', '-n', 'user.sherin.id', ...paths], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // They stand one behind the other.
  return [...shown.matchAll(/[A-Z]+_\d{8}_[0-9a-f]{32}/g)].map(([id]) => asSherinId(id));
}

beforeAll(async () => {
  desk = await Desk.startOpen('knowledge');
  const { machine } = desk;
  documents = copyDocuments(join(machine.home, 'doc'), items.map(nameOf), 1_000);
  machine.ok('put', join(machine.home, 'doc'));
  machine.ok('collection', 'make', 'files/doc', 'files/doc.collection');
  [collection] = idsOf([files('doc.collection')]) as [SherinId];
});

afterAll(() => desk.end());

/** What the bot says to a question with these objects beside it: its result, or the name of an error. */
async function ask(question: string, inputs: readonly SherinId[]): Promise<Found | string> {
  const answer = await desk.ask(question, { domain: 'knowledge', inputs: [...inputs] });
  return 'error' in answer ? answer.error : (JSON.parse(answer.result) as Found);
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
    const object = join(desk.machine.mount, 'ids', id);
    const content = readFileSync(object);
    const bytes = encoding === 'gzip' ? gunzipSync(content) : content;
    expect(bytes.toString(charset === undefined ? 'utf8' : 'latin1', from, to)).toBe(text);
    expect(idsOf([join(desk.machine.mount, path)])).toEqual([id]);
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

test.runIf(process.getuid?.() === 0)('who may not read a collection gets nothing from it', async () => {
  const { machine } = desk;
  const socket = join(machine.home, 'run/sherind.sock');
  chmodSync(socket, 0o666);
  writeFileSync(files('question'), 'How are sparse files archived?', { mode: 0o644 });
  const [id] = idsOf([files('question')]) as [SherinId];
  const stranger = new AsUser(socket, { uid: 65_534, gid: 65_534 });
  const submit = async (inputs: readonly SherinId[]) =>
    stranger.ask('task.submit', { id, domain: 'knowledge', inputs });
  // The question is his to read, the collection is not.
  expect((await submit([])).result?.state).toBe('queued');
  expect((await submit([collection])).error?.data.code).toBe('ENOENT');
  stranger.end();
});

test('the published rate is one that is reached', () => {
  const text = readFileSync(join(projectRoot, 'docs/bots.md'), 'utf8');
  const [, published] = /mean reciprocal rank of (0\.\d+) at\s+least/.exec(text) ?? [];
  expect(Number(published)).toBe(enough);
});
