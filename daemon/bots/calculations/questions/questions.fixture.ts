/** The fixed questions, and when an answer is right. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../../common/project.js';

export const questionsFolder = join(projectRoot, 'daemon/bots/calculations/questions');

export interface FixedQuestion {
  readonly department: string;
  readonly question: string;
  /** With the data that it names by `@`. */
  readonly request: string;
  /** The first line of the result, or `error: ` and a name. */
  readonly answer: string;
  /** Significant digits that have to be right; all of them for an answer that is exact. */
  readonly digits: number | 'exact';
}

export function fixedQuestions(): readonly FixedQuestion[] {
  const [, ...rows] = readFileSync(join(questionsFolder, 'questions.tsv'), 'utf8').trimEnd().split('\n');
  return rows.map((row) => {
    const [department = '', question = '', answer = '', digits = ''] = row.split('\t');
    const request = question.replace(/ @(\w+)$/, (_, name: string) => `\n${data(name)}`);
    return { department, question, request, answer, digits: digits === 'exact' ? digits : Number(digits) };
  });
}

function data(name: string): string {
  return readFileSync(join(questionsFolder, 'strd', `${name}.txt`), 'utf8');
}

const number = /(?<![\w^.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/g;

/** Words and units must be the same, numbers to the digits that count. */
export function isRight(got: string, { answer, digits }: FixedQuestion): boolean {
  if (digits === 'exact') return got === answer;
  if (got.replace(number, '#') !== answer.replace(number, '#')) return false;
  const wanted = answer.match(number) ?? [];
  return (got.match(number) ?? []).every((text, index) => agrees(text, wanted[index] ?? '', digits));
}

function agrees(got: string, wanted: string, digits: number): boolean {
  // More digits than a double has.
  if (digits > 15)
    return got.replace(/\D/g, '').slice(0, digits) === wanted.replace(/\D/g, '').slice(0, digits);
  return Math.abs(Number(got) - Number(wanted)) <= Math.abs(Number(wanted)) * 10 ** -digits;
}
