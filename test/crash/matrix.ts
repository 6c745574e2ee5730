/** Points × faults × outcome. */
import type { Call, CrashBench, Fault, Run } from './crash-run.js';

export type Kind = 'kill' | 'torn' | 'kill twice' | 'EIO' | 'EIO, kill' | 'ENOSPC' | 'ENOSPC, kill';

/**
 * One of the calls of a name at a place, by its number among these: what is done side by side (the copy of the log beside the journal)
 * comes in another order each time, but each of them in its own.
 */
export interface Point {
  readonly kind: Kind;
  readonly name: string;
  /** Pattern of paths. */
  readonly place: string;
  readonly number: number;
}

export interface Outcome extends Point {
  /** What went wrong at the point; undefined where the run did not come to it. */
  readonly call: Call | undefined;
  /** What the process was told of it. */
  readonly failures: readonly string[];
  /** Null: all is as promised. */
  readonly wrong: string | null;
}

const written = /^(write|pwrite)$/;
const takesSpace = /^(write|pwrite|writev|pwritev|fallocate|linkat|mkdir|mkdirat|open|openat2)$/;

/** Every point of a run without a fault. */
export function pointsOf(calls: readonly Call[]): Point[] {
  const counts = new Map<string, number>();
  for (const call of calls) {
    const key = `${call.name} ${patternOf(call)}`;
    counts.set(key, 1 + (counts.get(key) ?? 0));
  }
  return [...counts].sort(byName).flatMap(([key, count], group) => {
    const [name = '', place = ''] = key.split(' ');
    const numbers = Array.from({ length: count }, (_, at) => at + 1);
    return numbers.flatMap((number) =>
      kindsOf(name, group + number).map((kind): Point => ({ kind, name, place, number })),
    );
  });
}

function byName([a]: readonly [string, number], [b]: readonly [string, number]): number {
  return a < b ? -1 : 1;
}

/** @param at of a call, in turn: for some kinds a part of the calls is enough */
function kindsOf(name: string, at: number): Kind[] {
  const kinds: Kind[] = ['kill', 'EIO'];
  if (written.test(name)) kinds.push('torn');
  if (takesSpace.test(name)) kinds.push('ENOSPC');
  if (at % 3 === 0) kinds.push('EIO, kill');
  if (at % 4 === 3) kinds.push('kill twice');
  if (at % 4 === 1 && takesSpace.test(name)) kinds.push('ENOSPC, kill');
  return kinds;
}

/** Names of cubes and of vaults follow from keys, and are others in each vault. */
function patternOf({ path }: Call): string {
  return /^(vault\/cubes|known)\b/.test(path) ? path.replace(/(?<=^vault\/cubes|^known).*/, '*') : path;
}

export function nameOf({ kind, name, place, number }: Point): string {
  return `${kind} at ${name} ${number} of ${place}`;
}

export async function runPoint(bench: CrashBench, point: Point): Promise<Outcome> {
  const { kind, name, place, number } = point;
  bench.restore('new');
  const [word = ''] = kind.split(/,? /);
  const fault = `${word}:${number}:${name} ${place}` as Fault;
  const run = await bench.run(fault, 'operations', kind.endsWith('kill') ? 'die' : 'go on');
  if (kind === 'kill twice') await killRecovery(bench, number);
  const state = await bench.check(bench.windowOf(run));
  const expected = typeof state === 'number' ? null : state;
  return {
    ...point,
    call: run.calls[0],
    failures: run.failures,
    wrong: expected ?? unfinished(kind, run),
  };
}

/** Where no kill was asked for, all operations must have been done in the end. */
function unfinished(kind: Kind, { whole, failures, begun, ended }: Run): string | null {
  if (whole || !/^(EIO|ENOSPC)$/.test(kind)) return null;
  return `it went no further than operation ${begun} (${ended} had ended): ${failures.join(', ')}`;
}

/** A second crash while the first is recovered from, each time at another call. */
async function killRecovery(bench: CrashBench, number: number): Promise<void> {
  await bench.run(`kill:${1 + ((number * 7) % 61)}`, 'recover', 'go on');
}

/** Which file of a vault a call is about. */
export function placeName({ path }: Call): string {
  if (path.startsWith('vault/journal')) return 'journal';
  if (path.startsWith('vault/cubes')) return 'cube';
  if (path.startsWith('vault/audit')) return 'audit log';
  if (path.startsWith('vault/log')) return 'copy of the log';
  if (path.startsWith('vault/manifest.db')) return 'manifest';
  if (path.startsWith('vault/vault.json')) return 'header';
  if (path.startsWith('known')) return 'known vaults';
  return 'vault directory';
}
