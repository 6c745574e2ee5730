/** Runs tests that SECURITY.md cites, in a copy of the project. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CitedTest } from './removal.js';

/** Suites that are run by another file, once for each driver. */
const runBy: readonly (readonly [string, string])[] = [
  ['test/mount/conformance/', 'test/mount/native.test.ts'],
  ['test/mount/tasks/', 'test/mount/tasks.test.ts'],
];

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Why one of them failed, or null where it passed. @throws Error when it did not run at all: not found, or what it starts with failed */
type Failures = (title: string) => string | null;

/** Runs the test, and says why it failed. @throws as {@link Failures} */
export function failureOf(root: string, { test: file, title, whole }: CitedTest): string | null {
  return failuresOf(root, file, whole === true ? null : [title])(title);
}

/** Runs tests of one file. @param titles null: all of them */
export function failuresOf(root: string, file: string, titles: readonly string[] | null): Failures {
  const run = runBy.find(([folder]) => file.startsWith(folder))?.[1] ?? file;
  const out = join(root, 'build/cited-test.json');
  rmSync(out, { force: true });
  const args = [
    'run',
    run,
    // What stands on those before it can't be waited for where one of them has failed.
    ...(titles === null ? ['--bail=1'] : ['-t', titles.map(pattern).join('|')]),
    '--reporter=json',
    `--outputFile=${out}`,
  ];
  const outer = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|TEST$)/.test(name));
  const { stdout, stderr } = spawnSync('node_modules/.bin/vitest', args, {
    cwd: root,
    encoding: 'utf8',
    // Random edits of a vault: some hundred meet each kind of file, a thousand take as long as all the rest.
    env: { SHERIN_MUTATIONS: '200', ...Object.fromEntries(outer), SHERIN_TESTS: 'all' },
  });
  const report = JSON.parse(readFileSync(out, 'utf8')) as Report;
  const all = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return (title) => {
    const wanted = new RegExp(pattern(title));
    const results = all.filter(({ fullName }) => wanted.test(fullName));
    const failed = results.find(({ status }) => status === 'failed');
    if (failed !== undefined) return failed.failureMessages.join('\n');
    if (results.some(({ status }) => status === 'passed')) return null;
    const said = report.testResults.map(({ message }) => message).join('\n');
    throw new Error(`“${title}” of ${run} did not run: ${said || stdout + stderr}`);
  };
}

/** Of vitest's `-t`: a whole title as it is written, with its place-holders for anything. What follows is of a test within. */
function pattern(title: string): string {
  const words = title.split(/%[sidj]|\$\{[^}]*\}|\$\w+/);
  return `${words.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}(?= |$)`;
}
