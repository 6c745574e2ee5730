/** The programs of docs/writing-a-bot.md, as they stand there. */
import { execFileSync } from 'node:child_process';
import { chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectRoot } from '../../common/project.js';
import { botManifestSchema } from './manifest.js';
import { decodeBotMessage, taskMessageSchema } from './messages.js';
import type { SupervisedBot } from './supervised-bot.js';
import { BotWorkplace, idOf, taskOf } from './testing/workplace.js';

const guide = readFileSync(join(projectRoot, 'docs/writing-a-bot.md'), 'utf8');
const blocks = (kind: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, 'gms'))].map(([, block = '']) => block);

let place: BotWorkplace;
beforeEach(() => {
  place = new BotWorkplace();
});
afterEach(() => place.remove());

/** Has the bot count words; this test takes the mount's part and gives the result its ID. */
async function countWords(bot: SupervisedBot): Promise<void> {
  await bot.start();
  const request = place.request('three little words\n');
  const file = join(place.out, request);
  writeFileSync(file, '');
  if (place.uid !== null) chownSync(file, place.uid, place.uid);
  execFileSync('setfattr', ['-n', 'user.sherin.id', '-v', idOf(0x123), file]);
  expect(await bot.give(taskOf(request))).toEqual({ kind: 'result', resultId: idOf(0x123) });
  expect(readFileSync(file, 'utf8')).toBe('3 words\n');
  expect(place.refusals).toEqual([]);
}

test('the one in Python works, in twenty lines', async () => {
  const [program = ''] = blocks('python');
  expect(
    program
      .trim()
      .split('\n')
      .filter((line) => line !== '').length,
  ).toBeLessThanOrEqual(20);
  const path = join(place.directory, 'bot.py');
  writeFileSync(path, program);
  const manifest = JSON.parse(blocks('json')[0] ?? '') as object;
  await countWords(place.bot(path, manifest));
});

test('the one in TypeScript compiles and works', async () => {
  const path = join(place.directory, 'bot.mts');
  writeFileSync(path, blocks('ts')[0] ?? '');
  const [, command = ''] = /`tsc ([^`]+) bot\.mts`/.exec(guide) ?? [];
  const types = ['--typeRoots', join(projectRoot, 'node_modules/@types'), '--strict'];
  execFileSync(join(projectRoot, 'node_modules/.bin/tsc'), [...command.split(' '), ...types, path], {
    cwd: place.directory,
    stdio: 'pipe',
  });
  const bot = place.bot(join(place.directory, 'bot.mjs'));
  await countWords(bot);
  expect(await bot.give(taskOf(place.request(' ')))).toEqual({ kind: 'error', error: 'empty-request' });
});

test('what it shows of messages is what is taken, and every limit has its usual value', () => {
  const [manifest = '', task = '', answers = '', control = ''] = blocks('json');
  const { limits } = botManifestSchema.parse(JSON.parse(manifest));
  for (const [name, value] of Object.entries(limits)) expect(guide).toContain(`| \`${name}\` | ${value} |`);
  expect(taskMessageSchema.safeParse(JSON.parse(task)).success).toBe(true);
  const id = (name: string) => `${name}_20260131_0123456789abcdef0123456789abcdef`;
  const linesOf = (block: string) =>
    block
      .trim()
      .replace(/(TASK|RESULT|OUT)_…/g, (_, name: string) => id(name))
      .split('\n');
  for (const line of linesOf(answers + control))
    expect(decodeBotMessage(Buffer.from(line)), line).toEqual(JSON.parse(line));
  expect([linesOf(answers), linesOf(control)].map(({ length }) => length)).toEqual([4, 3]);
});
