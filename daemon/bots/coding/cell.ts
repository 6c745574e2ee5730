/** Runs one program in a sandbox of its own within the bot's, and ends all of it with that program, its time or its memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { usesMoreThan } from '../memory-in-use.js';
import { seccompFilter } from '../seccomp.js';
import { cellArguments, type Shown } from './cell-view.js';

/** Bytes: of one process, and of all together. A process meets its own limit first and can say so. */
const processMemory = 256 * 1024 * 1024;
const memory = 384 * 1024 * 1024;
const processes = 32;
const files = 128;
const fileSize = 16 * 1024 * 1024;
/** Milliseconds between two looks at the memory in use, and for all to be gone after the first process inside. */
const memoryLookMs = 50;
const goneLookMs = 5;
/** Characters that are read of what it says to the bot, and of its errors; the rest is taken and forgotten. */
const longestSaid = 4 * 1024 * 1024;
const longestErrors = 2_000;

export interface CellOptions {
  readonly words: readonly string[];
  readonly shown: readonly Shown[];
  readonly seconds: number;
}

export type CellEnd =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'timeout' | 'memory' }
  /** It did not begin: no time was left for it. */
  | { readonly kind: 'late' };

export interface CellRun {
  readonly end: CellEnd;
  /** What it said on its descriptor 3. */
  readonly said: string;
  /** What a runner said there: JSON behind the token that only it was given. */
  readonly reports: readonly unknown[];
  /** The beginning of what it wrote as errors; what it prints goes nowhere. */
  readonly errors: string;
}

const filterPath = '/tmp/filter';
let filterWritten = false;

/** @throws Error where no sandbox could be made, so that nothing runs without one */
export async function runInCell(options: CellOptions): Promise<CellRun> {
  const token = randomBytes(16).toString('hex');
  const child = launch(options);
  const exited = exitOf(child);
  const channel = child.stdio.at(3) as Duplex;
  const said = collect(channel, longestSaid);
  const errors = collect(child.stderr as Readable, longestErrors);
  channel.on('error', () => undefined).write(token);
  const first = await firstInside(child);
  let reason: 'timeout' | 'memory' | null = null;
  const endFor = (why: 'timeout' | 'memory') => {
    reason ??= why;
    kill(first);
  };
  const clock = setTimeout(() => endFor('timeout'), options.seconds * 1000);
  const looks = setInterval(() => usesMoreThan(memory, first) && endFor('memory'), memoryLookMs);
  const code = await exited;
  clearTimeout(clock);
  clearInterval(looks);
  // The kernel ends a pid namespace with its first process; bubblewrap ends that when the program has ended.
  while (kill(first)) await sleep(goneLookMs);
  const end = reason === null ? endOf(code) : { kind: reason };
  return { end, said: await said, reports: reportsOf(await said, token), errors: await errors };
}

function launch({ words, shown, seconds }: CellOptions): ChildProcess {
  // Memory files are refused to bots.
  if (!filterWritten) writeFileSync(filterPath, seccompFilter());
  filterWritten = true;
  const filter = openSync(filterPath, 'r');
  const limits = [
    ...[`--nproc=${processes}`, `--data=${processMemory}`, `--nofile=${files}`, `--fsize=${fileSize}`],
    ...[`--cpu=${Math.ceil(seconds) + 1}`, '--core=0'],
  ];
  try {
    return spawn(
      'bwrap',
      [
        ...[...cellArguments(shown), '--seccomp', '4', '--info-fd', '5', '--'],
        ...['prlimit', ...limits, '--', ...words],
      ],
      {
        // What bubblewrap itself was given shows inside at /proc/1/environ.
        env: { PATH: process.env.PATH },
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', filter, 'pipe'],
      },
    );
  } finally {
    closeSync(filter);
  }
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    // Where there is no bubblewrap there is no first process inside, either, which is what is told.
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** The pid of the first process inside. */
async function firstInside(child: ChildProcess): Promise<number> {
  const info: unknown = JSON.parse(await text(child.stdio.at(5) as Readable));
  if (typeof info !== 'object' || info === null || !('child-pid' in info)) throw new Error('no sandbox');
  return Number(info['child-pid']);
}

/** False when it is gone. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

function collect(stream: Readable, longest: number): Promise<string> {
  let taken = '';
  stream.setEncoding('utf8');
  stream.on('data', (part: string) => {
    if (taken.length < longest) taken += part.slice(0, longest - taken.length);
  });
  return new Promise((resolve) => stream.once('close', () => resolve(taken)));
}

/** bubblewrap gives a signal as a shell does: 128 and its number. */
function endOf(code: number): CellEnd {
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return signal === undefined ? { kind: 'exit', code } : { kind: 'signal', signal: signal[0] };
}

/** Lines without the token are of others than the runner. */
function reportsOf(said: string, token: string): unknown[] {
  return said
    .split('\n')
    .filter((line) => line.startsWith(`${token} `))
    .flatMap((line) => {
      try {
        return [JSON.parse(line.slice(token.length + 1)) as unknown];
      } catch {
        return [];
      }
    });
}
