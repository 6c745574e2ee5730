/** What stands under the dirty vertices of a file: its last version, holes in that, and above both the slots that were stored ahead. */
import type { ObjectContent } from '../cube/content.js';
import { slotBytes, slotCount } from '../manifest/index-node.js';
import { type Slot, usedSlots } from '../manifest/object-tree.js';
import { storedBytes } from '../manifest/stored-bytes.js';
import type { FrozenState } from './frozen-content.js';
import { Holes } from './holes.js';
import { indexesWithin } from './indexes-within.js';
import { type SealedSlot, type Stored, slotOf, storedSlot } from './stored.js';

export interface Placed {
  /** Bytes of the slot, and those of them that count. */
  readonly length: number;
  readonly limit: number;
  /** When it was taken, in the order of the file's frozen states. */
  readonly moment: number;
}

export class StoredLayers {
  readonly #open: (stored: Stored) => ObjectContent;
  #base: Stored;
  #baseContent: ObjectContent;
  /** Bytes of it that are not known to be holes. */
  #baseStored: number;
  /** Bytes of the base that count. */
  #baseLimit: number;
  #holes = new Holes();
  /** None of them is a hole. */
  readonly #slots = new Map<number, SealedSlot>();

  constructor(base: Stored, open: (stored: Stored) => ObjectContent) {
    this.#open = open;
    this.#base = base;
    this.#baseContent = open(base);
    this.#baseStored = storedBytes(base.node, base.length);
    this.#baseLimit = base.length;
  }

  get slots(): ReadonlyMap<number, SealedSlot> {
    return this.#slots;
  }

  /** Bytes that are not known to be holes: never too few. */
  get bytes(): number {
    return Math.min(this.#baseLimit, this.#baseStored) + this.#slots.size * slotBytes;
  }

  /** Whether this is all of the last version, and nothing else. */
  isVersion(length: number): boolean {
    const whole = length === this.#base.length && this.#baseLimit === length;
    return whole && this.#slots.size === 0 && this.#holes.size === 0;
  }

  /** What comes after a length does not count any more. */
  cut(length: number): void {
    this.#baseLimit = Math.min(this.#baseLimit, length);
    this.#holes.cut(slotCount(length));
    for (const [index, sealed] of this.#slots) {
      const limit = Math.min(sealed.limit, length - index * slotBytes);
      if (limit <= 0) this.#slots.delete(index);
      else if (limit < sealed.limit) this.#slots.set(index, { ...sealed, limit });
    }
  }

  /** Slots `first` up to `end` are holes. @param moment the last one, in the order of the file's frozen states */
  dig(first: number, end: number, moment: number): void {
    for (const index of indexesWithin(this.#slots, first, end)) this.#slots.delete(index);
    this.#holes.add(first, end, moment);
  }

  /** A slot is as it was stored ahead. */
  place(index: number, slot: Exclude<Slot, { kind: 'hole' }>, { length, limit, moment }: Placed): void {
    this.#slots.set(index, { slot, limit, content: this.#open(storedSlot(slot, length)), moment });
  }

  /** There is another version, of which `limit` bytes count; layers from before its moment are in it, or were changed before it. */
  sealed(stored: Stored, limit: number, before: number): void {
    this.#base = stored;
    this.#baseContent = this.#open(stored);
    this.#baseStored = storedBytes(stored.node, stored.length);
    this.#baseLimit = Math.min(stored.length, limit);
    for (const [index, { moment }] of this.#slots) if (moment < before) this.#slots.delete(index);
    this.#holes.dropBefore(before);
  }

  /** As they are now. */
  freeze(): Pick<FrozenState, 'base' | 'baseContent' | 'baseLimit' | 'holes' | 'slots'> {
    return {
      base: this.#base,
      baseContent: this.#baseContent,
      baseLimit: this.#baseLimit,
      holes: this.#holes.copy(),
      slots: new Map(this.#slots),
    };
  }

  /** What differs from the last version: the bytes of it that count, holes, and slots that were stored ahead. */
  aboveVersion(): { readonly cut: number; readonly holes: Holes; readonly slots: Set<number> } {
    return { cut: this.#baseLimit, holes: this.#holes.copy(), slots: new Set(this.#slots.keys()) };
  }

  /** Slots that may hold data. @param load an index node by ID */
  dataSlots(load: (id: Buffer) => Buffer): Set<number> {
    const found = new Set(this.#slots.keys());
    for (const { index } of usedSlots(this.#base.node, slotCount(this.#base.length), load, this.#holes)) {
      if (index * slotBytes < this.#baseLimit) found.add(index);
    }
    return found;
  }

  /**
   * A slot of a file of `length` bytes as it stands in cubes; null where it does not as a whole.
   * @param load an index node by ID
   */
  slotAt(index: number, length: number, load: (id: Buffer) => Buffer): Slot | null {
    const start = index * slotBytes;
    const end = Math.min(length, start + slotBytes);
    const sealed = this.#slots.get(index);
    if (sealed !== undefined) {
      const whole = sealed.limit === end - start && sealed.content.size === end - start;
      return whole ? sealed.slot : null;
    }
    if (this.#holes.has(index) || start >= this.#baseLimit) return { kind: 'hole' };
    const whole = this.#baseLimit >= end && Math.min(this.#base.length, start + slotBytes) === end;
    return whole ? slotOf(this.#base, index, load) : null;
  }

  /** What is in cubes: the last version, and slots that are in none. */
  *inCubes(): Iterable<Stored> {
    yield this.#base;
    for (const { slot, content } of this.#slots.values()) yield storedSlot(slot, content.size);
  }

  /** Fills `target` from `offset` on. @throws SherinError as ObjectContent.read */
  async read(offset: number, target: Buffer): Promise<void> {
    const end = offset + target.length;
    const reads: Promise<number>[] = [];
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / slotBytes);
      const until = Math.min(end, (index + 1) * slotBytes);
      const part = target.subarray(at - offset, until - offset);
      const { content, from, limit } = this.#standing(index);
      const there = Math.max(0, Math.min(part.length, limit - at));
      part.fill(0, there);
      if (there > 0) reads.push(content.read(at - from, there, part));
      at = until;
    }
    for (const result of await Promise.allSettled(reads)) {
      if (result.status === 'rejected') throw result.reason;
    }
  }

  /** Lets go of all but the last version. */
  discard(): void {
    this.#slots.clear();
    this.#holes = new Holes();
  }

  /** Content that has a slot, where in the file that begins, and up to where it counts. */
  #standing(index: number): { content: ObjectContent; from: number; limit: number } {
    const sealed = this.#slots.get(index);
    const start = index * slotBytes;
    if (sealed !== undefined) return { content: sealed.content, from: start, limit: start + sealed.limit };
    return { content: this.#baseContent, from: 0, limit: this.#holes.has(index) ? start : this.#baseLimit };
  }
}
