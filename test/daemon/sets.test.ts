/**
 * The bots that come along answer through sherind, each result read at the mount by its ID: of the sets of `calculations` and `coding` a sample,
 * the whole of them with SHERIN_TESTS=all. That of `knowledge` is asked in test/knowledge.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../../common/project.js';
import {
  type FixedQuestion,
  fixedQuestions,
  isRight,
} from '../../daemon/bots/calculations/questions/questions.fixture.js';
import { Desk } from './desk.js';

const all = process.env.SHERIN_TESTS === 'all';
const codingFolder = join(projectRoot, 'daemon/bots/coding/tasks');

let desk: Desk;
beforeAll(async () => {
  desk = await Desk.start('calculations', 'coding');
});
afterAll(() => desk.end());

/** Every tenth, or all. */
function sample<T>(whole: readonly T[]): readonly T[] {
  return all ? whole : whole.filter((_, at) => at % 10 === 3);
}

test('calculations', { timeout: 600_000 }, async () => {
  const answers: { readonly question: FixedQuestion; readonly got: string }[] = [];
  for (const question of sample(fixedQuestions())) {
    const answer = await desk.ask(question.request, { domain: 'calculations' });
    const got = 'error' in answer ? `error: ${answer.error}` : (answer.result.split('\n')[0] ?? '');
    answers.push({ question, got });
  }
  const wrong = answers.filter(({ question, got }) => !isRight(got, question));
  expect(wrong.map(({ question: { question }, got }) => `${question}: ${got}`).slice(all ? 5 : 0)).toEqual(
    [],
  );
});

test('coding', { timeout: 600_000 }, async () => {
  const expected = JSON.parse(readFileSync(join(codingFolder, 'expected.json'), 'utf8')) as Record<
    string,
    { readonly passed: boolean; readonly outcomes: Readonly<Record<string, string>> }
  >;
  for (const name of sample(Object.keys(expected))) {
    const answer = await desk.ask(readFileSync(join(codingFolder, `${name}.txt`), 'utf8'), {
      domain: 'coding',
    });
    if ('error' in answer) throw new Error(`${name}: ${answer.error}`);
    const report = JSON.parse(answer.result) as {
      readonly passed: boolean;
      readonly details: readonly { readonly test: string; readonly outcome: string }[];
    };
    const outcomes = Object.fromEntries(report.details.map(({ test, outcome }) => [test, outcome]));
    expect({ name, passed: report.passed, outcomes }).toEqual({
      ...{ name, passed: expected[name]?.passed, outcomes: expected[name]?.outcomes },
    });
  }
});

test('a question of nobody’s domain comes to the bot that can answer it', async () => {
  expect(await desk.ask('What is 17 * 23?', {})).toMatchObject({
    result: expect.stringMatching(/^391\n/),
  });
});
