/** The program that reads and compares (readers.cc), compiled when it is first used. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Counted {
  readonly operations: number;
  readonly opens: number;
  readonly reads: number;
  readonly direct: number;
  readonly maps: number;
  readonly bytes: number;
  /** Operations that answered EACCES, and touches of a map that gave SIGBUS. */
  readonly refused: number;
  readonly buses: number;
  readonly wrong: number;
  /** Errors other than EACCES. */
  readonly errors: number;
  /** What was wrong first. */
  readonly first: string;
  readonly hung: boolean;
}

/** A file as readers.cc takes it: its versions are `SIZE:SEED` or `SIZE:SEED:sparse`. */
export interface TestFile {
  readonly name: string;
  readonly versions: readonly string[];
}

const source = fileURLToPath(new URL('readers.cc', import.meta.url));
const sources = [source, fileURLToPath(new URL('content.h', import.meta.url))];
const folder = fileURLToPath(new URL('../../build/test', import.meta.url));
const program = join(folder, 'readers');

function compiled(): string {
  const made = statSync(program, { throwIfNoEntry: false });
  if (made === undefined || sources.some((path) => statSync(path).mtimeMs > made.mtimeMs)) {
    mkdirSync(folder, { recursive: true });
    execFileSync('g++', [
      '-std=c++17',
      '-O2',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-pthread',
      source,
      '-o',
      program,
    ]);
  }
  return program;
}

function named({ name, versions }: TestFile): string {
  return [name, versions.join(',')].join(':');
}

/** Writes the first version of each file. */
export function makeFiles(path: string, files: readonly TestFile[]): void {
  execFileSync(compiled(), ['make', path, ...files.map(named)]);
}

async function count(args: readonly string[]): Promise<Counted> {
  return new Promise((resolve, reject) => {
    execFile(compiled(), [...args], (error, out, said) => {
      if (said !== '') process.stderr.write(said);
      try {
        resolve(JSON.parse(out) as Counted);
      } catch {
        reject(new Error(`readers ended with ${error?.code}: ${said}`));
      }
    });
  });
}

/** Reads each file once from end to end. */
export function checkFiles(path: string, files: readonly TestFile[]): Promise<Counted> {
  return count(['check', path, ...files.map(named)]);
}

/** Reads in every way until so many operations are done; `hung` when they take longer than `seconds`. */
export function readFiles(
  path: string,
  files: readonly TestFile[],
  { operations, seconds }: { operations: number; seconds: number },
): Promise<Counted> {
  return count(['read', path, String(operations), String(seconds), '4', '4', ...files.map(named)]);
}

/** Many processes map files of the same content and touch the vertex at `offset`, all at the same moment. */
export function faultAtOnce(
  path: string,
  files: readonly TestFile[],
  { offset, processes }: { offset: number; processes: number },
): Promise<Counted> {
  return count(['fault', path, String(offset), '60', String(processes), ...files.map(named)]);
}
