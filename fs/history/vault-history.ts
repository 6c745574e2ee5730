/** What every path has shown since the vault was made, and every put: for who decides what is given up, and who counts what it takes. */
import { nameKey } from '../manifest/entry-name.js';
import type { Manifest } from '../manifest/manifest.js';
import type { LogRecord } from '../manifest/records.js';
import { LinkedNames } from './linked-names.js';
import type { GivenUp } from './path-history.js';
import { PathLine, type State } from './path-line.js';

export interface PutFacts {
  readonly inode: number;
  /** Number of its object. */
  readonly object: number;
}

export interface VaultHistory {
  readonly root: PathLine;
  /** By log index, ascending. */
  readonly puts: ReadonlyMap<number, PutFacts>;
  /** Log indexes of layouts by number of their object. */
  readonly layouts: ReadonlyMap<number, readonly number[]>;
  /** Puts that were given up. */
  readonly givenUp: ReadonlyMap<number, GivenUp>;
  /** Whose a file is, or was at last. */
  readonly uidOf: (inode: number) => number | undefined;
  /** Records of the log that it tells of. */
  readonly size: number;
}

/** Reads the whole log; memory holds every path that ever was. @throws SherinError MANIFEST_BROKEN */
export async function vaultHistory(
  manifest: Manifest,
  progress: (done: number, total: number) => void,
): Promise<VaultHistory> {
  const reader = new Reader(manifest);
  await manifest.walkLog({ record: (index, record) => reader.see(index, record), progress });
  return reader.history();
}

/** The line of a path; undefined where it never led to a file, nor to a directory with one. */
export function lineAt(root: PathLine, names: readonly Buffer[]): PathLine | undefined {
  let line: PathLine | undefined = root;
  for (const name of names) line = line?.find(nameKey(name));
  for (const { states } of line?.all() ?? []) if (states.length > 0) return line;
  return undefined;
}

class Reader {
  readonly #manifest: Manifest;
  readonly #root = new PathLine(null, '');
  readonly #dirty = new Set<PathLine>();
  readonly #names = new LinkedNames(this.#root, (line) => this.#dirty.add(line));
  readonly #puts = new Map<number, PutFacts>();
  readonly #layouts = new Map<number, number[]>();
  readonly #givenUp = new Map<number, GivenUp>();
  /** Of the commit that is being read: its records have one time, and states in between were never to be seen. */
  #time = 0n;
  #size = 0;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
  }

  see(index: number, { mutation, time }: LogRecord): void {
    if (time !== this.#time) this.#settle();
    this.#time = time;
    this.#size = index + 1;
    this.#names.apply(index, mutation);
    if (mutation.type === 'put') {
      const object = this.#manifest.tree.objectNumber(mutation.id) ?? 0;
      this.#puts.set(index, { inode: mutation.inode, object });
    } else if (mutation.type === 'layout') {
      const known = this.#layouts.get(mutation.object);
      if (known === undefined) this.#layouts.set(mutation.object, [index]);
      else known.push(index);
    } else if (mutation.type === 'collect') {
      for (const put of mutation.puts) this.#givenUp.set(put, { by: mutation.by, time });
    }
  }

  history(): VaultHistory {
    this.#settle();
    const uidOf = (inode: number): number | undefined => this.#names.uidOf(inode);
    const [puts, layouts, givenUp] = [this.#puts, this.#layouts, this.#givenUp];
    return { root: this.#root, puts, layouts, givenUp, uidOf, size: this.#size };
  }

  #settle(): void {
    for (const line of this.#dirty) {
      const [before, now] = [line.states.at(-1), this.#names.fileAt(line)];
      const state: State = { time: this.#time, inode: now?.inode ?? 0, put: now?.put ?? -1 };
      const same = state.inode === (before?.inode ?? 0) && state.put === (before?.put ?? -1);
      if (!same) line.states.push(state);
    }
    this.#dirty.clear();
  }
}
