/**
 * Transcripts: what a user types and sees, in one readable file, run in a real shell against a real vault.
 *
 * `$ command` lines are run by bash, one shell for each, all in the same fresh directory; the lines below one are all it
 * prints (stdout and stderr together), `[exit N]` its exit code where that is not 0. In expected lines `…` stands for any
 * text, and a line of `…` alone for any number of lines. The directory is printed as `$WORK`. `#` begins a comment.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Step {
  readonly line: number;
  readonly command: string;
  readonly expected: readonly string[];
}

export function readTranscript(path: string): Step[] {
  const steps: { line: number; command: string; expected: string[] }[] = [];
  for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (line.startsWith('$ ')) steps.push({ line: index + 1, command: line.slice(2), expected: [] });
    else if (line !== '' && !line.startsWith('#')) steps.at(-1)?.expected.push(line);
  }
  return steps;
}

/** Runs one step; gives what was printed, line by line, `[exit N]` at the end where it is not 0. Empty lines are left out. */
export function runStep(step: Step, work: string, env: NodeJS.ProcessEnv): string[] {
  const shell = spawnSync('bash', ['-c', `exec 2>&1\n${step.command}`], {
    cwd: work,
    env,
    encoding: 'utf8',
    timeout: 120_000,
  });
  const lines = shell.stdout
    .replaceAll(work, '$WORK')
    .split('\n')
    .filter((line) => line !== '');
  if (shell.status !== 0) lines.push(`[exit ${shell.status ?? shell.signal}]`);
  return lines;
}

/** True when what was printed is what the transcript says. */
export function matches(expected: readonly string[], printed: readonly string[]): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return printed.length === 0;
  if (first === '…') return printed.some((_, at) => matches(rest, printed.slice(at))) || matches(rest, []);
  const [line, ...more] = printed;
  return line !== undefined && pattern(first).test(line) && matches(rest, more);
}

function pattern(expected: string): RegExp {
  const parts = expected.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
