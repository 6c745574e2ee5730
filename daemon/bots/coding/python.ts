/** Tests in Python: unittest, each test in a process of its own; coverage by sys.settrace. */
import type { CellRun } from './cell.js';
import type { Detail, FileLines, Findings } from './report.js';
import { detailOf, field, isNumber, isText, listOf, textOf, unfinished } from './verdict.js';
import type { Workshop } from './workshop.js';

/** Without site-packages and the user's folder: the standard library. */
const python = ['/usr/bin/python3', '-I', '-B', '-S'];
const collectSeconds = 10;

export async function testPython(workshop: Workshop): Promise<Findings> {
  const { program, tests, seconds } = workshop.request;
  const names = [...program, ...tests].map(({ name }) => name).filter((name) => name.endsWith('.py'));
  const collected = await workshop.run({
    words: [...python, '/runners/collect.py', ...names],
    seconds: collectSeconds,
  });
  const details: Detail[] = [];
  const run = new Map<string, Set<number>>();
  for (const { name: file } of tests) {
    const { tests: expected, problem } = testsOf(file, collected);
    if (problem !== null) details.push({ test: file, ...problem });
    for (const test of expected) {
      const words = [...python, '/runners/run_test.py', file, test];
      const ran = await workshop.run({ words, seconds });
      details.push(detailOf(test, ran));
      addLines(run, ran);
    }
  }
  return {
    details,
    lines: measured(
      program.map(({ name }) => name),
      collected,
      run,
    ),
  };
}

/** Tests that a file defines, or what is wrong with it. */
function testsOf(
  file: string,
  { reports, end }: CellRun,
): { readonly tests: readonly string[]; readonly problem: Omit<Detail, 'test'> | null } {
  const report = reports.find((one) => field(one, 'file') === file);
  if (report === undefined) return { tests: [], problem: unfinished(end) };
  const message = textOf(report, 'problem');
  const tests = listOf(report, 'tests', isText);
  if (message !== '') return { tests, problem: { outcome: 'error', message } };
  return {
    tests,
    problem: tests.length === 0 ? { outcome: 'error', message: 'there is no test in it' } : null,
  };
}

function addLines(run: Map<string, Set<number>>, { reports }: CellRun): void {
  for (const lines of reports.map((report) => field(report, 'lines'))) {
    if (typeof lines !== 'object' || lines === null) continue;
    for (const file of Object.keys(lines)) {
      const known = run.get(file) ?? new Set();
      for (const line of listOf(lines, file, isNumber)) known.add(line);
      run.set(file, known);
    }
  }
}

function measured(
  program: readonly string[],
  { reports }: CellRun,
  run: ReadonlyMap<string, ReadonlySet<number>>,
): Map<string, FileLines> {
  const lines = new Map<string, FileLines>();
  for (const file of program) {
    const code = new Set(
      listOf(
        reports.find((one) => field(one, 'file') === file),
        'code',
        isNumber,
      ),
    );
    if (code.size > 0) lines.set(file, { code, run: run.get(file) ?? new Set() });
  }
  return lines;
}
