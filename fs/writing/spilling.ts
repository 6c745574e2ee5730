/** Keeps what was written within its share of memory: dirty slots go into cubes ahead of their version. */
import { setTimeout } from 'node:timers/promises';
import type { SherinError } from '../../common/errors.js';
import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import type { EncodedCube, EncodeOptions } from '../../native/index.js';
import type { CubeStore } from '../cube/store.js';
import { slotBytes, slotCount } from '../manifest/index-node.js';
import type { Slot } from '../manifest/object-tree.js';
import type { AheadCubes } from './ahead-cubes.js';
import type { Contents, UnsealedFile } from './contents.js';
import { FrozenContent } from './frozen-content.js';
import { SealBatch } from './seal-batch.js';
import { sealFault } from './seal-fault.js';
import { sealSlot } from './seal-slot.js';
import type { SlotBuffers } from './slot-buffers.js';
import { isUnreadable } from './unreadable.js';
import type { VertexPool } from './vertex-pool.js';

/** Dirty bytes from which slots are stored ahead, the same while that can wait, those that one round stores, and those beyond which writers wait for it. */
const spillBytes = 16 * 1024 * 1024;
const waitingBytes = 24 * 1024 * 1024;
const roundBytes = 16 * 1024 * 1024;
const mostBytes = 64 * 1024 * 1024;
/** Rounds under way: one is encrypted while the disk takes the other. */
const mostRounds = 2;
/** Between looks at whether memory was given back. */
const waitMs = 20;

export interface SpillingParts {
  readonly pool: VertexPool;
  readonly contents: Contents;
  readonly store: CubeStore;
  readonly ahead: AheadCubes;
  readonly encode: EncodeOptions;
  readonly buffers: SlotBuffers;
  /** Somebody needs the processors more, as long as there is memory. */
  readonly canWait: () => boolean;
  /** uid that the cubes of a file depend on. */
  readonly owner: (ino: number) => number;
  /** An index node by ID. */
  readonly node: (id: Buffer) => Buffer;
  /** Cubes that are refused now. */
  readonly refused: { has(cube: CubeId): boolean };
  /** Records that cubes have a good copy, and no longer refuses them. */
  readonly heal: (cubes: readonly CubeId[]) => Promise<void>;
  /** Seals what is about to be a version; false where there is nothing. */
  readonly seal: () => Promise<boolean>;
  /** Runs a step that makes cubes which no record refers to. */
  readonly holding: <T>(step: () => Promise<T>) => Promise<T>;
}

/** Slots of files that one round stores. */
type Chosen = ReadonlyMap<UnsealedFile, readonly number[]>;

/** What a round has made. */
interface Round {
  readonly batch: SealBatch;
  /** Files that have its cubes. */
  readonly files: Map<CubeId, Set<number>>;
  readonly parts: {
    readonly file: UnsealedFile;
    readonly state: FrozenContent;
    readonly slots: Map<number, Slot>;
  }[];
}

export class Spilling {
  readonly #parts: SpillingParts;
  readonly #rounds = new Set<Promise<void>>();
  /** The newest of them is being encrypted. */
  #encrypting = false;
  /** Slots of files that rounds have. */
  readonly #underWay = new Map<UnsealedFile, Set<number>>();
  /** Why slots were left in memory, since the last one that was not. */
  #unreadable: SherinError | null = null;
  /** Why the last round failed. */
  #failed: unknown = null;

  constructor(parts: SpillingParts) {
    this.#parts = parts;
  }

  /**
   * Called before something is written; waits while too much is in memory.
   * @throws SherinError NO_SPACE, IO: nothing can be stored
   */
  async room(): Promise<void> {
    const { pool } = this.#parts;
    while (pool.bytes >= spillBytes) {
      this.relieve();
      if (pool.bytes < mostBytes) return;
      await Promise.race(this.#rounds);
      if (this.#failed !== null) throw sealFault(this.#failed);
    }
  }

  /** Begins a round where much is in memory; nobody waits for it. */
  relieve(): void {
    const { pool, canWait } = this.#parts;
    if (pool.bytes >= (canWait() ? waitingBytes : spillBytes)) this.#begin();
  }

  /** No round is under way when it resolves. */
  async settled(): Promise<void> {
    while (this.#rounds.size > 0) await Promise.all(this.#rounds);
  }

  /** Stores all dirty slots of a file. @throws SherinError, NativeError */
  async storeAll(file: UnsealedFile): Promise<void> {
    const slots = file.content.dirtySlots();
    const atOnce = roundBytes / slotBytes;
    let before: Promise<void> = Promise.resolve();
    for (let at = 0; at < slots.length; at += atOnce) {
      const chosen = new Map([[file, slots.slice(at, at + atOnce)]]);
      let stored: Promise<void> = Promise.resolve();
      await new Promise<void>((encrypted) => {
        stored = this.#store(chosen, encrypted);
        stored.catch(() => encrypted());
      });
      await before;
      before = stored;
    }
    await before;
  }

  /** Begins a round, unless enough are under way. */
  #begin(): void {
    if (this.#encrypting || this.#rounds.size === mostRounds) return;
    this.#encrypting = true;
    const round = this.#spill().finally(() => this.#rounds.delete(round));
    this.#rounds.add(round);
  }

  /** Never rejects. */
  async #spill(): Promise<void> {
    let newest = true;
    const encrypted = (): void => {
      if (newest) this.#encrypting = false;
      newest = false;
    };
    try {
      if (!(await this.#parts.seal())) await this.#storeSome(encrypted);
      this.#failed = null;
    } catch (error) {
      this.#failed = error;
    } finally {
      encrypted();
    }
  }

  /** @throws SherinError where what is left stands on what can not be read */
  async #storeSome(encrypted: () => void): Promise<void> {
    const chosen = this.#choose();
    if (chosen.size > 0) return this.#noting(chosen, () => this.#store(chosen, encrypted));
    if (this.#unreadable !== null) throw this.#unreadable;
    // What fills the memory is on its way out of it.
    await setTimeout(waitMs);
  }

  /** Whole dirty slots first: what is half written is likely to be written on. */
  #choose(): Chosen {
    const files = [...this.#parts.contents.all()].sort((a, b) => b.content.dirtyBytes - a.content.dirtyBytes);
    const chosen = new Map<UnsealedFile, readonly number[]>();
    let slots = roundBytes / slotBytes;
    for (const file of files) {
      if (slots <= 0) break;
      const underWay = this.#underWay.get(file);
      const waiting = file.content.dirtySlots().filter((slot) => underWay?.has(slot) !== true);
      const some = waiting.slice(0, slots);
      slots -= some.length;
      if (some.length > 0) chosen.set(file, some);
    }
    return chosen;
  }

  /** Runs a step that no other round takes these slots in. */
  async #noting(chosen: Chosen, step: () => Promise<void>): Promise<void> {
    for (const [file, slots] of chosen) {
      const noted = this.#underWay.get(file) ?? new Set();
      this.#underWay.set(file, noted);
      for (const slot of slots) noted.add(slot);
    }
    try {
      await step();
    } finally {
      for (const [file, slots] of chosen) {
        const noted = this.#underWay.get(file);
        for (const slot of slots) noted?.delete(slot);
        if (noted?.size === 0) this.#underWay.delete(file);
      }
    }
  }

  /** @param encrypted called when what is left is the disk's work */
  #store(chosen: Chosen, encrypted: () => void): Promise<void> {
    return this.#parts.holding(() => this.#storeHeld(chosen, encrypted));
  }

  async #storeHeld(chosen: Chosen, encrypted: () => void): Promise<void> {
    const round: Round = { batch: new SealBatch(this.#parts), files: new Map(), parts: [] };
    try {
      for (const [file, indexes] of chosen) await this.#sealSome(file, indexes, round);
      encrypted();
      await this.#storeCubes(round);
      for (const { file, state, slots } of round.parts) file.content.storedAhead(state, slots);
    } catch (error) {
      round.batch.discard();
      for (const { file, state } of round.parts) file.content.thaw(state);
      throw error;
    } finally {
      for (const { state } of round.parts) state.release();
    }
  }

  /** Slots that stand on what can not be read stay in memory. */
  async #sealSome(file: UnsealedFile, indexes: readonly number[], round: Round): Promise<void> {
    const state = file.content.freeze((frozen) => new FrozenContent(frozen, this.#parts.pool));
    const slots = new Map<number, Slot>();
    round.parts.push({ file, state, slots });
    const there = indexes.filter((index) => index < slotCount(state.length));
    const sealed = await Promise.allSettled(there.map((index) => this.#seal(file.ino, state, index, round)));
    for (const [i, result] of sealed.entries()) {
      const index = there[i] ?? 0;
      if (result.status === 'fulfilled') slots.set(index, result.value);
      else if (!isUnreadable(result.reason)) throw result.reason;
      else {
        file.content.left(index);
        this.#unreadable = result.reason;
      }
    }
  }

  async #storeCubes({ batch, files, parts }: Round): Promise<void> {
    const { ahead, heal } = this.#parts;
    // A record is to say that a refused cube is good: then it has to be there for good.
    await (batch.healed.size > 0 ? batch.store() : batch.place());
    for (const [id, inodes] of files) for (const ino of inodes) ahead.used(id, ino);
    // No version encodes them once more: its record would say that a refused cube is its content.
    if (batch.healed.size > 0) await heal([...batch.healed]);
    if (parts.some(({ slots }) => slots.size > 0)) this.#unreadable = null;
  }

  #seal(ino: number, state: FrozenContent, index: number, { batch, files }: Round): Promise<Slot> {
    const { encode, node, buffers, owner } = this.#parts;
    const take = (encoded: EncodedCube): void => {
      const id = cubeIdFromBytes(encoded.cube.id);
      files.set(id, (files.get(id) ?? new Set()).add(ino));
      batch.take(encoded);
    };
    return sealSlot(state, index, { encode: { ...encode, owner: owner(ino) }, node, take }, buffers);
  }
}
