/** The tree as it was at a time: the log replayed up to there. */
import { SherinError } from '../../common/errors.js';
import { Frontier } from '../../common/merkle.js';
import { apply } from '../manifest/apply.js';
import { emptyState } from '../manifest/empty-state.js';
import type { Manifest } from '../manifest/manifest.js';
import { Overlay } from '../manifest/overlay.js';
import type { LogRecord } from '../manifest/records.js';
import { ReverseIndex } from '../manifest/reverse-index.js';
import { Snapshot } from '../manifest/snapshot-reader.js';
import { writeSnapshot } from '../manifest/snapshot-writer.js';
import { Tree } from '../manifest/tree.js';

/** Some 30 MB. */
const looseRecords = 30_000;

export interface PastTree {
  /** Its objects are read where their content is now. */
  readonly tree: Tree;
  /** Log indexes of puts that were given up, then or since. */
  readonly givenUp: Set<number>;
  /** Overwrites what is kept of it; it must not be used after. */
  wipe(): void;
}

/**
 * Reads the whole log: what is not proven is not shown.
 * @param end nanoseconds since 1970; what was committed before counts
 * @param loose records that memory holds as objects before they are brought into the compact form
 * @throws SherinError USAGE where the vault was made later; MANIFEST_BROKEN
 */
export async function pastTree(manifest: Manifest, end: bigint, loose = looseRecords): Promise<PastTree> {
  const past = new Replay(end, loose);
  const snapshot = await read(manifest, past);
  const state = new Overlay(snapshot);
  const view = { state, reverse: new ReverseIndex(snapshot, state) };
  return {
    tree: new Tree(
      () => view,
      (id) => manifest.node(id),
      manifest.tree,
    ),
    givenUp: past.givenUp,
    wipe: () => snapshot.wipe(),
  };
}

async function read(manifest: Manifest, past: Replay): Promise<Snapshot> {
  try {
    await manifest.walkLog({ record: (index, record) => past.see(index, record) });
    return past.done();
  } catch (error) {
    past.abandon();
    throw error;
  }
}

class Replay {
  readonly givenUp = new Set<number>();
  readonly #end: bigint;
  readonly #most: number;
  #state = new Overlay(emptyState);
  #base: Snapshot | null = null;
  #loose = 0;

  constructor(end: bigint, most: number) {
    this.#end = end;
    this.#most = most;
  }

  see(index: number, { mutation, time }: LogRecord): void {
    if (mutation.type === 'collect') for (const put of mutation.puts) this.givenUp.add(put);
    if (time >= this.#end) return;
    try {
      apply(this.#state, mutation, { index, time, mayCreate: () => true });
    } catch (cause) {
      throw new SherinError('MANIFEST_BROKEN', { part: `record ${index} does not fit the tree` }, { cause });
    }
    this.#loose += 1;
    if (this.#loose >= this.#most) this.#compact();
  }

  done(): Snapshot {
    if (this.#state.counts.inodes === 0)
      throw new SherinError('USAGE', { what: 'the vault was made after that time' });
    return this.#compact();
  }

  /** Names are not to outlast a lock that came meanwhile. */
  abandon(): void {
    this.#base?.wipe();
  }

  #compact(): Snapshot {
    // It is never stored: nobody asks it for the log that it comes from.
    const compact = new Snapshot(writeSnapshot(this.#state, new Frontier()));
    this.#base?.wipe();
    this.#base = compact;
    this.#state = new Overlay(compact);
    this.#loose = 0;
    return compact;
  }
}
