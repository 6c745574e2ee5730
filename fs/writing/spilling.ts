/** Keeps what was written within its share of memory: dirty slots go into cubes ahead of their version. */
import { setTimeout } from 'node:timers/promises';
import type { SherinError } from '../../common/errors.js';
import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import type { Encoded, EncodeOptions } from '../../native/index.js';
import type { CubeStore, StagedCube } from '../cube/store.js';
import { slotBytes, slotCount } from '../manifest/index-node.js';
import type { Slot } from '../manifest/object-tree.js';
import type { AheadCubes } from './ahead-cubes.js';
import type { Contents, UnsealedFile } from './contents.js';
import { FrozenContent } from './frozen-content.js';
import { sealFault } from './seal-fault.js';
import { sealSlot } from './seal-slot.js';
import type { SlotBuffers } from './slot-buffers.js';
import { isUnreadable } from './unreadable.js';
import type { VertexPool } from './vertex-pool.js';

/** Dirty bytes from which slots are stored ahead, those that one round stores, and those beyond which writers wait for it. */
const startBytes = 32 * 1024 * 1024;
const roundBytes = 16 * 1024 * 1024;
const mostBytes = 64 * 1024 * 1024;
/** Between looks at whether memory was given back. */
const waitMs = 20;

export interface SpillingParts {
  readonly pool: VertexPool;
  readonly contents: Contents;
  readonly store: CubeStore;
  readonly ahead: AheadCubes;
  readonly encode: EncodeOptions;
  readonly buffers: SlotBuffers;
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

/** Cubes that one round has made or found. */
interface Round {
  readonly staged: Map<CubeId, StagedCube>;
  /** Files that have them. */
  readonly files: Map<CubeId, Set<number>>;
  /** Those that were refused, of which there is a good copy. */
  readonly healed: Set<CubeId>;
}

export class Spilling {
  readonly #parts: SpillingParts;
  #round: Promise<void> | null = null;
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
    while (pool.bytes >= startBytes) {
      this.#round ??= this.#spill().finally(() => {
        this.#round = null;
      });
      this.#round.catch(() => undefined);
      if (pool.bytes < mostBytes) return;
      await this.#round;
      if (this.#failed !== null) throw sealFault(this.#failed);
    }
  }

  /** No round is under way when it resolves. */
  async settled(): Promise<void> {
    await this.#round;
  }

  /** Stores all dirty slots of a file. @throws SherinError, NativeError */
  async storeAll(file: UnsealedFile): Promise<void> {
    const slots = file.content.dirtySlots();
    const atOnce = roundBytes / slotBytes;
    for (let at = 0; at < slots.length; at += atOnce)
      await this.#store(new Map([[file, slots.slice(at, at + atOnce)]]));
  }

  async #spill(): Promise<void> {
    try {
      if (!(await this.#parts.seal())) await this.#storeSome();
      this.#failed = null;
    } catch (error) {
      this.#failed = error;
    }
  }

  /** @throws SherinError where what is left stands on what can not be read */
  async #storeSome(): Promise<void> {
    const chosen = this.#choose();
    if (chosen.size > 0) return this.#store(chosen);
    if (this.#unreadable !== null) throw this.#unreadable;
    // What fills the memory is on its way out of it.
    await setTimeout(waitMs);
  }

  /** Whole dirty slots first: what is half written is likely to be written on. */
  #choose(): ReadonlyMap<UnsealedFile, readonly number[]> {
    const files = [...this.#parts.contents.all()].sort((a, b) => b.content.dirtyBytes - a.content.dirtyBytes);
    const chosen = new Map<UnsealedFile, readonly number[]>();
    let slots = roundBytes / slotBytes;
    for (const file of files) {
      if (slots <= 0) break;
      const some = file.content.dirtySlots().slice(0, slots);
      slots -= some.length;
      if (some.length > 0) chosen.set(file, some);
    }
    return chosen;
  }

  #store(chosen: ReadonlyMap<UnsealedFile, readonly number[]>): Promise<void> {
    return this.#parts.holding(() => this.#storeHeld(chosen));
  }

  async #storeHeld(chosen: ReadonlyMap<UnsealedFile, readonly number[]>): Promise<void> {
    const { ahead, pool, store, heal } = this.#parts;
    const round: Round = { staged: new Map(), files: new Map(), healed: new Set() };
    const done: {
      readonly file: UnsealedFile;
      readonly state: FrozenContent;
      readonly slots: Map<number, Slot>;
    }[] = [];
    try {
      for (const [file, indexes] of chosen) {
        const state = file.content.freeze((frozen) => new FrozenContent(frozen, pool));
        const slots = new Map<number, Slot>();
        done.push({ file, state, slots });
        const there = indexes.filter((index) => index < slotCount(state.length));
        const sealed = await Promise.allSettled(
          there.map((index) => this.#seal(file.ino, state, index, round)),
        );
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
      await store.commit([...round.staged.values()]);
      for (const id of round.staged.keys()) ahead.made(id);
      for (const [id, files] of round.files) for (const ino of files) ahead.used(id, ino);
      // No version encodes them once more: its record would say that a refused cube is its content.
      if (round.healed.size > 0) await heal([...round.healed]);
      if (done.some(({ slots }) => slots.size > 0)) this.#unreadable = null;
      for (const { file, state, slots } of done) file.content.storedAhead(state, slots);
    } catch (error) {
      for (const { temporary } of round.staged.values()) store.discard(temporary);
      for (const { file, state } of done) file.content.thaw(state);
      throw error;
    } finally {
      for (const { state } of done) state.release();
    }
  }

  #seal(ino: number, state: FrozenContent, index: number, { staged, files, healed }: Round): Promise<Slot> {
    const { encode, node, buffers, store, owner, refused } = this.#parts;
    const take = ({ cube, temporary }: Extract<Encoded, { kind: 'cube' }>): void => {
      const id = cubeIdFromBytes(cube.id);
      if (refused.has(id)) healed.add(id);
      files.set(id, (files.get(id) ?? new Set()).add(ino));
      if (temporary === null) return;
      if (staged.has(id)) store.discard(temporary);
      else staged.set(id, { id, temporary });
    };
    return sealSlot(state, index, { encode: { ...encode, owner: owner(ino) }, node, take }, buffers);
  }
}
