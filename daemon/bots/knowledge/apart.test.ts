import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { projectRoot } from '../../../common/project.js';
import { answerApart } from './apart.js';

const folder = mkdtempSync(join(tmpdir(), 'sherin-apart-'));
afterAll(() => rmSync(folder, { recursive: true }));

const asked = { question: 'where is the snark?', collections: [join(folder, 'none')] };

function program(text: string): string {
  const path = join(folder, `${Math.random()}.mjs`);
  writeFileSync(path, text);
  return path;
}

test('the bot itself answers', async () => {
  const bot = join(projectRoot, 'dist/bots/knowledge/bot.mjs');
  expect(await answerApart(asked, bot)).toEqual({ error: 'not-a-collection' });
  expect(await answerApart({ ...asked, question: '?' }, bot)).toEqual({ error: 'empty-question' });
});

test('one that does not end is ended', async () => {
  expect(await answerApart(asked, program('for (;;) {}'), 500)).toEqual({ error: 'took-too-long' });
});

test.each([
  ['crashes', 'process.abort()'],
  ['fails', 'throw new Error()'],
  ['says nothing', ''],
  ['says something else', 'console.log("snark")'],
  ['names an error that is none', 'console.log(JSON.stringify({ error: "../../snark" }))'],
  [
    'never stops talking',
    'for (;;) require("fs").writeSync(1, "x".repeat(65536))'.replace(
      'require("fs")',
      '(await import("node:fs"))',
    ),
  ],
])('one that %s has failed, and the bot goes on', async (_, text) => {
  expect(await answerApart(asked, program(text))).toEqual({ error: 'search-failed' });
});
