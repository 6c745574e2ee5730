/** Points × faults × outcome. */
import type { Call, CrashBench, Fault, Run } from './crash-run.js';

export type Kind = 'kill' | 'torn' | 'kill twice' | 'EIO' | 'EIO, kill' | 'ENOSPC' | 'ENOSPC, kill';

export interface Point {
  readonly kind: Kind;
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
  return calls.flatMap(({ number, name }) => {
    const kinds: Kind[] = ['kill', 'EIO'];
    if (written.test(name)) kinds.push('torn');
    if (takesSpace.test(name)) kinds.push('ENOSPC');
    if (number % 3 === 1) kinds.push('EIO, kill');
    if (number % 4 === 0) kinds.push('kill twice');
    if (number % 4 === 2 && takesSpace.test(name)) kinds.push('ENOSPC, kill');
    return kinds.map((kind) => ({ kind, number }));
  });
}

export async function runPoint(bench: CrashBench, { kind, number }: Point): Promise<Outcome> {
  bench.restore('new');
  const [word = ''] = kind.split(/,? /);
  const fault = `${word}:${number}` as Fault;
  const run = await bench.run(fault, 'operations', kind.endsWith('kill') ? 'die' : 'go on');
  if (kind === 'kill twice') await killRecovery(bench, number);
  const place = await bench.check(bench.windowOf(run));
  const expected = typeof place === 'number' ? null : place;
  return {
    kind,
    number,
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
  if (path.startsWith('vault/manifest.db')) return 'manifest';
  if (path.startsWith('vault/vault.json')) return 'header';
  if (path.startsWith('known')) return 'known vaults';
  return 'vault directory';
}
