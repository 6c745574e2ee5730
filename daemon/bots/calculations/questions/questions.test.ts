/** The published pass rate: every fixed question, asked of the bot as it is built, in its sandbox. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../../../common/project.js';
import type { SupervisedBot } from '../../supervised-bot.js';
import { BotWorkplace, taskOf } from '../../testing/workplace.js';
import { failures } from '../failure.js';
import { type FixedQuestion, fixedQuestions, isRight, questionsFolder } from './questions.fixture.js';

const folder = join(projectRoot, 'dist/bots/calculations');
const questions = fixedQuestions();
const place = new BotWorkplace();
let bot: SupervisedBot;
let wrong: readonly { readonly question: FixedQuestion; readonly got: string }[];

beforeAll(async () => {
  const manifest = JSON.parse(readFileSync(join(folder, 'bot.json'), 'utf8')) as object;
  bot = place.bot(join(folder, 'bot.mjs'), manifest);
  await bot.start();
  const answers: { question: FixedQuestion; got: string }[] = [];
  for (const question of questions) answers.push({ question, got: await ask(question.request) });
  wrong = answers.filter(({ question, got }) => !isRight(got, question));
});
afterAll(() => place.remove());

/** The first line of the result. */
async function ask(request: string): Promise<string> {
  const id = place.request(request);
  const outcome = await bot.give(taskOf(id));
  if (outcome?.kind === 'error') return `error: ${outcome.error}`;
  if (outcome?.kind !== 'result') return `no answer: ${JSON.stringify(outcome)}`;
  return readFileSync(join(place.out, id), 'utf8').split('\n')[0] ?? '';
}

test('there are 200 questions of all departments', () => {
  expect(questions).toHaveLength(200);
  expect([...new Set(questions.map(({ department }) => department))].sort()).toEqual(
    ['arithmetic', 'numeric', 'statistics', 'units'].sort(),
  );
});

test('at least 195 are answered right', () => {
  const told = wrong.map(({ question, got }) => `${question.question}: ${got}, not ${question.answer}`);
  expect(questions.length - told.length, told.join('\n')).toBeGreaterThanOrEqual(195);
});

test('the pass rates in docs/bots.md are those of this run', () => {
  const departments = [...new Set(questions.map(({ department }) => department))];
  const rows = [...departments, 'all'].map((name) => {
    const of = (list: readonly FixedQuestion[]) =>
      list.filter(({ department }) => name === 'all' || department === name).length;
    return `| ${name} | ${of(questions)} | ${of(questions) - of(wrong.map(({ question }) => question))} |`;
  });
  expect(readFileSync(join(projectRoot, 'docs/bots.md'), 'utf8')).toContain(rows.join('\n'));
});

test('docs/bots.md has every error', () => {
  const doc = readFileSync(join(projectRoot, 'docs/bots.md'), 'utf8');
  for (const [name, sentence] of Object.entries(failures))
    expect(doc).toContain(`| \`${name}\` | ${sentence} |`);
});

test('the answers are what Python computes, where they are not published values', () => {
  const told = execFileSync('python3', [join(questionsFolder, 'check.py')], { encoding: 'utf8' });
  expect(told).toMatch(/^\d{3} answers checked, 0 wrong\n$/);
});

test('after the worst of questions the bot is the same process, in time', async () => {
  const worst = [
    ['10^10^10^10', 'error: too-large'],
    ['(9!)!', 'error: too-large'],
    ['1e9!', 'error: too-large'],
    ['integrate sin(1/x) from 0 to 1', 'error: not-converged'],
    [`${'('.repeat(60)}1${')'.repeat(60)}`, 'error: too-deep'],
    [Array.from({ length: 400 }, () => '2').join('^'), 'error: too-large'],
    ['x'.repeat(2_000_000), 'error: too-long'],
    [`mean of 1${' '.repeat(900_000)}x`, 'error: not-understood'],
    [`mean of 1${' x'.repeat(400_000)}`, 'error: too-long'],
    [Array.from({ length: 30 }, () => '1%(').join('') + ')'.repeat(30), 'error: too-deep'],
    ["createUnit('x')", 'error: not-understood'],
    ["evaluate('import(1)')", 'error: not-understood'],
    ['constructor(1)', 'error: not-understood'],
    ['__proto__', 'error: not-understood'],
  ] as const;
  for (const [request, answer] of worst) expect(await ask(request), request.slice(0, 40)).toBe(answer);
  expect(await ask('6 * 7')).toBe('42');
  expect(place.states.filter((state) => state === 'failed')).toEqual([]);
});
