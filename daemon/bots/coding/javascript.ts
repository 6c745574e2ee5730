/** Tests in JavaScript: node:test, each file of tests in a process of its own; coverage by V8. */
import type { CellRun } from './cell.js';
import { nodeInside } from './cell-view.js';
import { type CountedRange, linesOf } from './javascript-lines.js';
import type { Detail, FileLines, Findings } from './report.js';
import { field, isText, listOf, textOf, unfinished, verdictOf } from './verdict.js';
import type { Workshop } from './workshop.js';

const runner = '/runners/javascript.mjs';
/** Its heap is less than what a process may take, so that Node says that it is full. */
const node = [
  ...[nodeInside, '--max-old-space-size=128', '--import', runner],
  ...['--test-reporter', runner, '--test-reporter-destination', 'stdout'],
];

export async function testJavaScript(workshop: Workshop): Promise<Findings> {
  const { program, tests, seconds } = workshop.request;
  const details: Detail[] = [];
  const ranges = new Map<string, CountedRange[][]>();
  for (const { name: file } of tests) {
    const ran = await workshop.run({ words: [...node, `/task/${file}`], seconds });
    details.push(...detailsOf(file, ran));
    for (const part of ran.reports.flatMap((report) => listOf(report, 'program', isProgramFile)))
      ranges.set(part.file, [...(ranges.get(part.file) ?? []), part.ranges]);
  }
  // Where no file of tests came to its end nothing was measured.
  if (ranges.size === 0) return { details, lines: new Map() };
  const code = program.filter(({ name }) => /\.[cm]?js$/.test(name));
  const lines = code.map(({ name, text }) => [name, together(text, ranges.get(name) ?? [[]])] as const);
  return { details, lines: new Map(lines) };
}

function detailsOf(file: string, ran: CellRun): Detail[] {
  const details = ran.reports.flatMap((report) => {
    const verdict = verdictOf(report);
    return verdict === null ? [] : [{ test: textOf(report, 'test'), ...verdict }];
  });
  const ended = ran.reports.some((report) => field(report, 'end') === true);
  const { end } = ran;
  if (!ended && end.kind === 'exit') {
    const message = loadError(ran.errors) ?? unfinished(end).message;
    return [...details, { test: openTest(ran) ?? file, outcome: 'error', message }];
  }
  if (!ended || end.kind !== 'exit') return [...details, { test: openTest(ran) ?? file, ...unfinished(end) }];
  if (details.length === 0) return [{ test: file, outcome: 'error', message: 'there is no test in it' }];
  // Something beside its tests went wrong, as an exception when all were through.
  if (end.code !== 0 && details.every(({ outcome }) => outcome === 'passed'))
    return [...details, { test: file, outcome: 'error', message: `it ended with code ${end.code}` }];
  return details;
}

/** The innermost test that has begun and is not through. */
function openTest({ reports }: CellRun): string | null {
  const open: string[] = [];
  for (const report of reports) {
    const [begins, through] = [field(report, 'begins'), field(report, 'through')];
    if (isText(begins)) open.push(begins);
    if (isText(through) && open.includes(through)) open.splice(open.lastIndexOf(through));
  }
  return open.at(-1) ?? null;
}

/** Why a file could not be loaded, as Node says it: place and error. */
function loadError(errors: string): string | null {
  const [error] = /^\w*Error\b.*$/m.exec(errors) ?? [];
  if (error === undefined) return null;
  const [, place] = /^(?:file:\/\/)?\/task\/(\S+:\d+)$/m.exec(errors) ?? [];
  return `${place === undefined ? '' : `${place}: `}${error.replaceAll('/task/', '')}`;
}

interface ProgramFile {
  readonly file: string;
  readonly ranges: CountedRange[];
}

function isProgramFile(value: unknown): value is ProgramFile {
  return isText(field(value, 'file')) && Array.isArray(field(value, 'ranges'));
}

/** Lines run in any of the processes. */
function together(text: string, runs: readonly (readonly CountedRange[])[]): FileLines {
  const each = runs.map((ranges) => linesOf(text, ranges));
  return { code: each[0]?.code ?? new Set(), run: new Set(each.flatMap(({ run }) => [...run])) };
}
