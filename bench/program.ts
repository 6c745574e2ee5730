/** Small programs in C++ that read what is measured, or are measured beside it: compiled by g++ when first needed, into build/bench/. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './command.js';

const project = new URL('../../', import.meta.url);

/** What such a program did; it takes the time itself, without its own start. */
export interface Work {
  readonly ops: number;
  readonly bytes: number;
  readonly seconds: number;
}

export interface RandomRead {
  /** Bytes a request. */
  readonly block: number;
  readonly readers: number;
  /** Gives the order of the blocks. */
  readonly seed: number;
  /** Readers stay on CPU 0. */
  readonly pinned: boolean;
}

/** Reads every block of a file once, in a random order. */
export function randomRead(path: string, { block, readers, seed, pinned }: RandomRead): Promise<Work> {
  return run('random-read', [path, String(block), String(readers), String(seed)], pinned);
}

/** Reads all files below a directory, in the order in which it lists them. */
export function readTree(path: string): Promise<Work> {
  return run('read-tree', [path], false);
}

/** Path of the program that mounts one file of zeros over libfuse 3. */
export function emptyMount(): string {
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'fuse3'], { encoding: 'utf8' });
  return compiled('empty-mount', flags.trim().split(/\s+/));
}

async function run(name: string, args: readonly string[], pinned: boolean): Promise<Work> {
  const program = compiled(name);
  const printed = pinned
    ? await command('taskset', ['-c', '0', program, ...args])
    : await command(program, args);
  return JSON.parse(printed) as Work;
}

/** Path of the program, made anew where its source is newer. */
function compiled(name: string, flags: readonly string[] = []): string {
  const source = fileURLToPath(new URL(`bench/programs/${name}.cc`, project));
  const program = fileURLToPath(new URL(`build/bench/${name}`, project));
  const made = statSync(program, { throwIfNoEntry: false });
  if (made === undefined || made.mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(dirname(program), { recursive: true });
    execFileSync(
      'g++',
      ['-std=c++17', '-O2', '-Wall', '-Wextra', '-pthread', '-o', program, source, ...flags],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
  }
  return program;
}
