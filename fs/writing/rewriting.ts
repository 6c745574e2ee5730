/** A file of which blocks are written and synced again and again is lent to the addon, whose threads do both (native/journal/rewrites.h). */
import { type Keyring, Rewrites, type RewritesState } from '../../native/index.js';
import type { Clock } from './clock.js';
import type { CommitGate } from './commit-gate.js';
import type { Contents, UnsealedFile } from './contents.js';
import type { Headroom } from './headroom.js';
import type { Journal } from './journal/journal.js';
import type { Journaling } from './journaling.js';
import { blockBytes } from './vertex.js';
import type { VertexPool } from './vertex-pool.js';
import type { WorkingTree } from './working-tree.js';

/** Writes before a sync, each followed by one, after which a file is lent: at first, and at most where it was taken back soon. */
const fewCycles = 2;
const mostCycles = 64;
/** Syncs that are worth lending. */
const worthSyncs = 8;
/** Writes between two syncs that are not many. */
const fewWrites = 8;
/** Bytes in memory from which nothing is lent and sealing goes first: what the addon holds comes on top. */
const mostBytes = 48 * 1024 * 1024;
/** Who has synced in the addon within this time will soon do so again. */
const activeMs = 1_000;
const privileged = 0o6000;

export interface RewritingParts {
  readonly keyring: Keyring;
  readonly journal: Journal;
  readonly journaling: Journaling;
  readonly working: WorkingTree;
  readonly contents: Contents;
  readonly pool: VertexPool;
  readonly clock: Clock;
  readonly headroom: Headroom;
  readonly gate: CommitGate;
  /** Told that programs have changed a file, which is to be sealed. */
  readonly changed: (ino: number) => void;
  /** Told that programs have had something made durable. */
  readonly synced: () => void;
  /** Begins to store what is in memory, where that is much. */
  readonly relieve: () => void;
}

/** What the addon has. */
interface Lent {
  readonly file: UnsealedFile;
  readonly rewrites: Rewrites;
  syncs: number;
  /** It appends to the journal no more. */
  ended: boolean;
}

export class Rewriting {
  readonly #parts: RewritingParts;
  #lent: Lent | null = null;
  #recalling = false;
  /** The file that was written last, the writes since its last sync, and how often both came in turn. */
  #ino = 0;
  #writes = 0;
  #cycles = 0;
  #needed = fewCycles;
  /** When something was synced in the addon, of performance.now(). */
  #synced = Number.NEGATIVE_INFINITY;

  constructor(parts: RewritingParts) {
    this.#parts = parts;
  }

  /** A program syncs again and again, which the addon answers and goes on to: who takes the processors meanwhile holds it up. */
  get active(): boolean {
    return performance.now() - this.#synced <= activeMs && this.#parts.pool.bytes < mostBytes;
  }

  /** A program has written to a file here. */
  wrote(ino: number, offset: number, count: number): void {
    if (ino !== this.#ino) [this.#ino, this.#writes, this.#cycles] = [ino, 0, 0];
    this.#writes += 1;
    if (offset % blockBytes !== 0 || count % blockBytes !== 0 || this.#writes > fewWrites) this.#cycles = 0;
  }

  /** A file was synced here. */
  synced(ino: number): void {
    if (ino !== this.#ino || this.#writes === 0) return;
    this.#cycles += 1;
    this.#writes = 0;
  }

  /**
   * Lends a file that was just written to, where another write and its sync would change nothing but blocks of it.
   * @returns null where it is of no use, or can not be
   */
  lend(ino: number): Rewrites | null {
    if (ino !== this.#ino || this.#cycles < this.#needed) return null;
    this.recall();
    const { journaling, contents } = this.#parts;
    const file = contents.get(ino);
    if (file === undefined || !this.#mayLend(file) || !journaling.told) return null;
    return this.#lend(file);
  }

  /** Takes over what the journal has, and lets the file be lent on. */
  look(): void {
    if (this.#lent === null) return;
    const { rewrites } = this.#lent;
    const state = rewrites.look();
    this.#take(this.#lent, state, state.told);
    if (state.failed || !this.#hasRoom(state.told * blockBytes)) this.recall();
    this.#parts.relieve();
  }

  /** Takes over everything; what is written or synced from now on comes here. */
  recall(): void {
    const lent = this.#lent;
    if (lent === null || this.#recalling) return;
    this.#recalling = true;
    try {
      const { journal, journaling } = this.#parts;
      const state = lent.rewrites.revoke();
      if (!lent.ended) journal.takeBack(state);
      lent.ended = true;
      if (state.failed) journaling.failed();
      // Where there is no memory for it, it stays where it is until the next time.
      this.#take(lent, state, state.offsets.length);
      lent.file.content.takeBack();
      this.#lent = null;
      this.#needed = lent.syncs >= worthSyncs ? fewCycles : Math.min(mostCycles, this.#needed * 2);
      this.#cycles = lent.syncs >= worthSyncs ? this.#cycles : 0;
    } finally {
      this.#recalling = false;
    }
  }

  #mayLend({ ino, since, stuck }: UnsealedFile): boolean {
    const { working, gate } = this.#parts;
    const inode = working.tree.inode(ino);
    if (inode === undefined || since === null || stuck !== null || working.isOrphan(ino)) return false;
    return (inode.mode & privileged) === 0 && !gate.isShut(ino) && this.#hasRoom(0);
  }

  #hasRoom(taken: number): boolean {
    const { headroom, pool } = this.#parts;
    return headroom.take(taken) && pool.bytes < mostBytes;
  }

  #lend(file: UnsealedFile): Rewrites | null {
    const { journal, journaling, keyring, working } = this.#parts;
    const { ino, content, written } = file;
    const recall = (): void => this.recall();
    const place = journal.lend(working.next, recall);
    const blocks = place === null ? null : content.lend(recall);
    if (place === null || blocks === null) {
      if (place !== null) journal.takeBack(place);
      return null;
    }
    let rewrites: Rewrites | null = null;
    try {
      const version = working.versionsOf(ino);
      rewrites = new Rewrites(keyring, place.fd, place, {
        inode: ino,
        version,
        length: content.length,
        written,
      });
      this.#lent = { file, rewrites, syncs: 0, ended: false };
      journaling.appendsElsewhere(ino);
      const taken = blocks.every(({ offset, bytes }) => rewrites?.write(offset, bytes));
      if (taken) return rewrites;
      this.recall();
      return null;
    } catch {
      // Without memory, or descriptors.
      if (this.#lent !== null) this.recall();
      else {
        journal.takeBack(place);
        content.takeBack();
      }
      return null;
    }
  }

  /** The first blocks that the addon has come here. */
  #take(lent: Lent, state: RewritesState, count: number): void {
    const { contents, journal, changed, synced } = this.#parts;
    const { file, rewrites } = lent;
    journal.writtenTo(state.at, state.syncs);
    lent.syncs += state.syncs.length;
    if (state.syncs.length > 0) {
      this.#synced = performance.now();
      synced();
    }
    if (state.written > file.written) contents.touched(file, state.written);
    let taken = 0;
    try {
      for (const offset of state.offsets.subarray(0, count)) {
        const told = taken < state.told && !state.failed;
        file.content.takeBlock(offset, told, (target) => rewrites.copy(taken, target));
        taken += 1;
      }
    } finally {
      rewrites.release(taken);
    }
    changed(file.ino);
  }
}
