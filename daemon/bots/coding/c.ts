/** Tests in C: check.h, each test in a process of its own; coverage by gcov. */
import type { CellRun } from './cell.js';
import { ProgramLines } from './gcov.js';
import type { Detail, Findings } from './report.js';
import { detailOf, unfinished } from './verdict.js';
import type { Workshop } from './workshop.js';

const buildSeconds = 20;

export async function testC(workshop: Workshop): Promise<Findings> {
  const { program, tests, seconds } = workshop.request;
  const sources = program.map(({ name }) => name).filter((name) => name.endsWith('.c'));
  const files = tests.map(({ name }) => name);
  const built = await workshop.run({
    words: ['/bin/sh', '/runners/build_c.sh', ...sources, '--', ...files],
    ...{ seconds: buildSeconds, builds: true },
  });
  if (built.end.kind !== 'exit' || built.end.code !== 0) return notBuilt(files[0] ?? '', built);
  const details: Detail[] = [];
  const lines = new ProgramLines(program.map(({ name }) => name));
  for (const file of files) {
    const names = await testsOf(workshop, file);
    if (names.length === 0) details.push({ test: file, outcome: 'error', message: 'there is no test in it' });
    for (const name of names) {
      const ran = await workshop.run({ words: ['/bin/sh', '/runners/test_c.sh', name], seconds });
      details.push(detailOf(name, ran));
      lines.add(ran.said);
    }
  }
  return { details, lines: lines.all };
}

function notBuilt(file: string, { end, errors }: CellRun): Findings {
  const { outcome, message } = unfinished(end);
  const told = errors.replaceAll('/task/', '').trim();
  return {
    details: [
      { test: file, outcome, message: end.kind === 'exit' ? `it does not compile: ${told}` : message },
    ],
    lines: new Map(),
  };
}

/** As the compiled file has them, before anything of it has run. */
async function testsOf(workshop: Workshop, file: string): Promise<string[]> {
  const object = `/build/${file.replace(/\.c$/, '.o')}`;
  const { said } = await workshop.run({
    words: ['/bin/sh', '-c', 'exec nm --numeric-sort --defined-only "$1" >&3', 'sh', object],
    seconds: buildSeconds,
  });
  return [...said.matchAll(/ T check_register_(\w+)$/gm)].map(([, name = '']) => name);
}
