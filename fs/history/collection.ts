/** What gc and destroy give up: versions first, then the objects that none has any more. */
import type { PathLine } from './path-line.js';
import { type Retention, retained } from './retention.js';
import type { VaultHistory } from './vault-history.js';

export interface Collection {
  /** Log indexes, ascending. */
  readonly puts: readonly number[];
  /** Numbers, ascending. */
  readonly objects: readonly number[];
}

export interface Chosen {
  readonly retention: Retention;
  /** Nanoseconds since 1970. */
  readonly now: bigint;
  /** Lines with all below them; null: every path, and what no path has shown. */
  readonly within: readonly PathLine[] | null;
  /** Puts that are the content of a file now. */
  readonly present: ReadonlySet<number>;
  /** Objects that somebody reads. */
  readonly inUse: ReadonlySet<number>;
}

/** What a retention does not keep. A version that several paths have shown goes when none of them keeps it. */
export function notRetained(history: VaultHistory, chosen: Chosen): Collection {
  const { retention, now, within, present, inUse } = chosen;
  const lines = within === null ? null : new Set(within.flatMap((line) => [...line.all()]));
  const [kept, offered] = [new Set<number>(), new Set<number>()];
  for (const line of history.root.all()) {
    if (lines !== null && !lines.has(line)) for (const { put } of line.states) kept.add(put);
    else {
      const keep = retained(line.states, retention, now);
      for (const [at, { put }] of line.states.entries()) (keep[at] === true ? kept : offered).add(put);
    }
  }
  return collection(history, (put, { object }) => {
    if (kept.has(put) || present.has(put) || inUse.has(object)) return false;
    return within === null || offered.has(put);
  });
}

export interface Destroyed extends Collection {
  /** All puts that the lines have shown. */
  readonly shown: ReadonlySet<number>;
  /** Other paths that have versions of these lines, or their content: those stay. */
  readonly shared: readonly PathLine[];
}

/** All that lines have shown, with what is below them, unless another path has shown it, too. */
export function shownAlone(history: VaultHistory, within: readonly PathLine[]): Destroyed {
  const lines = new Set(within.flatMap((line) => [...line.all()]));
  const own = [...lines].flatMap(({ states }) => states);
  const shown = new Set(own.flatMap(({ put }) => (put < 0 ? [] : put)));
  const inodes = new Set(own.map(({ inode }) => inode));
  const objects = new Set([...shown].map((put) => history.puts.get(put)?.object ?? 0));
  const [elsewhere, shared] = [new Set<number>(), new Set<PathLine>()];
  for (const line of history.root.all()) {
    if (lines.has(line)) continue;
    for (const { put } of line.states) {
      elsewhere.add(put);
      const facts = history.puts.get(put);
      if (facts === undefined || history.givenUp.has(put)) continue;
      if (objects.has(facts.object)) shared.add(line);
    }
  }
  // What stood between two states of these files was shown nowhere, and goes with them.
  const goes = (put: number, inode: number): boolean =>
    !elsewhere.has(put) && (shown.has(put) || inodes.has(inode));
  return { ...collection(history, (put, { inode }) => goes(put, inode)), shown, shared: [...shared] };
}

/** The versions that go, and the objects that only they had. */
function collection(
  { puts, givenUp }: VaultHistory,
  goes: (put: number, facts: { readonly inode: number; readonly object: number }) => boolean,
): Collection {
  const gone: number[] = [];
  const [left, objects] = [new Set<number>(), new Set<number>()];
  for (const [put, facts] of puts) {
    if (givenUp.has(put)) continue;
    if (goes(put, facts)) {
      gone.push(put);
      objects.add(facts.object);
    } else left.add(facts.object);
  }
  const alone = [...objects].filter((object) => !left.has(object));
  return { puts: gone, objects: alone.sort((a, b) => a - b) };
}
