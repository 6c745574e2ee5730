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
  /** Readers stay on CPU 0 ({@link onCpu0}). */
  readonly pinned: boolean;
}

/** Reads every block of a file once, in a random order. */
export function randomRead(path: string, { block, readers, seed, pinned }: RandomRead): Promise<Work> {
  return run('random-read', [path, String(block), String(readers), String(seed)], pinned);
}

/** Reads a file to its end, 1 MiB at a time. */
export function sequentialRead(path: string, pinned: boolean): Promise<Work> {
  return run('sequential-read', [path], pinned);
}

/** Reads all files below a directory, in the order in which it lists them. */
export function readTree(path: string, pinned: boolean): Promise<Work> {
  return run('read-tree', [path], pinned);
}

/** Decrypts a cube so many times, in memory, by the addon's own code. */
export function decrypt(cubes: number): Promise<Work> {
  const parts = ['crypto/gcm.cc', 'crypto/openssl.cc', 'memory/residue.cc', 'failure.cc'];
  const sources = parts.map((part) => fileURLToPath(new URL(`native/${part}`, project)));
  return run('decrypt', [String(cubes)], false, { sources, flags: ['-lcrypto'] });
}

/** Path of the program that mounts one file of zeros over libfuse 3. */
export function emptyMount(): string {
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'fuse3'], { encoding: 'utf8' });
  return compiled('empty-mount', { flags: flags.trim().split(/\s+/) });
}

/** A command whose process stays on one CPU. */
export function onCpu0(...command: readonly string[]): [string, ...string[]] {
  return ['taskset', '-c', '0', ...command];
}

interface Parts {
  /** Beside its own. */
  readonly sources?: readonly string[];
  readonly flags?: readonly string[];
}

async function run(name: string, args: readonly string[], pinned: boolean, parts: Parts = {}): Promise<Work> {
  const program = compiled(name, parts);
  const [first, ...rest] = pinned ? onCpu0(program, ...args) : [program, ...args];
  return JSON.parse(await command(first, rest)) as Work;
}

/** Path of the program, made anew where its source is newer, and always with sources of the addon, whose headers count too. */
function compiled(name: string, { sources = [], flags = [] }: Parts = {}): string {
  const own = fileURLToPath(new URL(`bench/programs/${name}.cc`, project));
  const program = fileURLToPath(new URL(`build/bench/${name}`, project));
  const made = statSync(program, { throwIfNoEntry: false });
  if (made === undefined || sources.length > 0 || made.mtimeMs < statSync(own).mtimeMs) {
    mkdirSync(dirname(program), { recursive: true });
    execFileSync(
      'g++',
      ['-std=c++17', '-O2', '-Wall', '-Wextra', '-pthread', '-o', program, own, ...sources, ...flags],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
  }
  return program;
}
