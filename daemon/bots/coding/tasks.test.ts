/** The bot's set of tasks, each through the bot as it was built, in its real sandbox. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../../common/project.js';
import type { SupervisedBot } from '../supervised-bot.js';
import { BotWorkplace, taskOf } from '../testing/workplace.js';

interface Expected {
  readonly passed: boolean;
  /** Of each test, in their order. */
  readonly outcomes: Readonly<Record<string, string>>;
  /** What messages hold. */
  readonly messages?: Readonly<Record<string, string>>;
  /** Of lines that have run; null where nothing can be measured. */
  readonly percent?: number | null;
}

interface Report {
  readonly language: string;
  readonly passed: boolean;
  readonly details: readonly { readonly test: string; readonly outcome: string; readonly message: string }[];
  readonly coverage: { readonly percent: number } | null;
}

const folder = join(projectRoot, 'daemon/bots/coding/tasks');
const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, Expected>;
const names = Object.keys(expected);

let place: BotWorkplace;
let bot: SupervisedBot;
beforeAll(async () => {
  place = new BotWorkplace();
  bot = place.ownBot('coding');
  await bot.start();
});
afterAll(() => place.remove());

async function resultOf(request: string): Promise<string> {
  const id = place.request(request);
  const outcome = await bot.give(taskOf(id));
  if (outcome?.kind !== 'result') throw new Error(`no result: ${JSON.stringify(outcome)}`);
  return readFileSync(join(place.out, id), 'utf8');
}

test.each(names)('reports correctly: %s', async (name) => {
  const { passed, outcomes, messages = {}, percent } = expected[name] as Expected;
  const report = JSON.parse(await resultOf(readFileSync(join(folder, `${name}.txt`), 'utf8'))) as Report;
  const said = Object.fromEntries(report.details.map(({ test, message }) => [test, message]));
  expect(
    Object.fromEntries(report.details.map(({ test, outcome }) => [test, outcome])),
    JSON.stringify(said),
  ).toEqual(outcomes);
  expect(report.passed).toBe(passed);
  for (const [test, words] of Object.entries(messages)) expect(said[test]).toContain(words);
  if (percent !== undefined) expect(report.coverage?.percent ?? null).toBe(percent);
  expect(name.startsWith(report.language)).toBe(true);
});

test('it has lived through all of that, as one process, and said nothing that was refused', () => {
  expect(bot.facts).toMatchObject({ state: 'ready', restarts: 0 });
  expect(place.refusals).toEqual([]);
});

test('what is no request is told by name', async () => {
  expect(await bot.give(taskOf(place.request('language: cobol\n')))).toEqual({
    ...{ kind: 'error', error: 'unknown-language' },
  });
});

test('the same request has the same result, byte for byte', async () => {
  const request = readFileSync(join(folder, 'python-failing.txt'), 'utf8');
  expect(await resultOf(request)).toBe(await resultOf(request));
});

describe('docs/bots.md', () => {
  const guide = readFileSync(join(projectRoot, 'docs/bots.md'), 'utf8');
  const section = guide.split(/^## /m).find((part) => part.startsWith('coding\n')) ?? '';
  const block = (kind: string) => new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, 'ms').exec(section)?.[1] ?? '';

  test('publishes the rate of this set', () => {
    const files = [...names.map((name) => `${name}.txt`), 'expected.json'];
    expect(readdirSync(folder).sort()).toEqual(files.sort());
    expect(section).toContain(`${names.length} of ${names.length}`);
  });

  test('shows a request and its result as they are', async () => {
    expect(JSON.parse(await resultOf(block('text')))).toEqual(JSON.parse(block('json')));
  });
});
