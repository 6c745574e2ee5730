/** The content of a file that was written to: what its last version has, with dirty vertices and sealed slots above it. */
import type { ObjectContent } from '../cube/content.js';
import { slotBytes, slotCount, vertexBytes } from '../manifest/index-node.js';
import { type Slot, usedSlots } from '../manifest/object-tree.js';
import { storedBytes } from '../manifest/stored-bytes.js';
import { type DataRange, rangesOf } from './data-ranges.js';
import { DirtyVertices } from './dirty-vertices.js';
import type { FrozenContent, FrozenState } from './frozen-content.js';
import type { Marks, Untold } from './marks.js';
import { type SealedSlot, type Stored, storedSlot } from './stored.js';
import { allBlocks, markWritten, type Vertex, type VertexPool } from './vertex-pool.js';

export interface ContentParts {
  readonly pool: VertexPool;
  readonly open: (stored: Stored) => ObjectContent;
}

/** Copies `length` bytes, from `from` of what is being written, to `target` at `at`, or throws before it has copied any. */
export type Source = (from: number, length: number, target: Buffer, at: number) => void;

export class UnsealedContent {
  /** Bytes. */
  length: number;
  readonly #parts: ContentParts;
  #base: Stored;
  #baseContent: ObjectContent;
  /** Bytes of the base that count. */
  #baseLimit: number;
  readonly #slots = new Map<number, SealedSlot>();
  readonly #vertices: DirtyVertices;
  /** Frozen states that are being sealed, oldest first, and what was cut off since. */
  #frozen: { readonly state: FrozenContent; cut: number }[] = [];
  #moment = 0;
  /** What the journal has to be told beside written blocks. */
  #cut: number;
  #newSlots = new Set<number>();
  #turn: Promise<unknown> = Promise.resolve();
  /** That wait for their turn or have it. */
  #steps = 0;

  constructor(base: Stored, parts: ContentParts) {
    this.#parts = parts;
    this.#vertices = new DirtyVertices(parts.pool);
    this.#base = base;
    this.#baseContent = parts.open(base);
    this.#baseLimit = base.length;
    this.length = base.length;
    this.#cut = base.length;
  }

  /** Nothing differs from the last version, and no step is under way that may change that. */
  get clean(): boolean {
    return this.#steps === 0 && !this.differs;
  }

  /** Something differs from the last version. */
  get differs(): boolean {
    return (
      this.#vertices.size > 0 ||
      this.#slots.size > 0 ||
      this.#frozen.length > 0 ||
      this.length !== this.#base.length ||
      this.#baseLimit !== this.length
    );
  }

  /** Some of it is in cubes that are in no version. */
  get standsOnCubes(): boolean {
    return this.#slots.size > 0;
  }

  get dirtyVertices(): number {
    return this.#vertices.size;
  }

  /** Bytes that are not known to be holes: never too few. */
  get stored(): number {
    const { node, length } = this.#base;
    const slots = [...this.#slots.values()].filter(({ slot }) => slot.kind !== 'hole').length;
    const under = Math.min(this.#baseLimit, storedBytes(node, length));
    return Math.min(this.length, under + slots * slotBytes + this.#vertices.size * vertexBytes);
  }

  /** Steps that change content go one after another; each sees what the one before has left. */
  inTurn<T>(step: () => Promise<T> | T): Promise<T> {
    this.#steps += 1;
    const run = this.#turn.then(step).finally(() => {
      this.#steps -= 1;
    });
    this.#turn = run.catch(() => undefined);
    return run;
  }

  /** In turn; a part whose source throws stays as it was. @throws SherinError when what stands beside the written bytes can not be read */
  async write(offset: number, count: number, source: Source): Promise<void> {
    const end = offset + count;
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / vertexBytes);
      const from = at - index * vertexBytes;
      const part = Math.min(end - at, vertexBytes - from);
      const covered = from === 0 && at + part >= Math.min((index + 1) * vertexBytes, this.length);
      const known = this.#vertices.has(index);
      const vertex = await this.#writable(index, covered);
      try {
        source(at - offset, part, vertex.bytes, from);
      } catch (error) {
        if (!known) this.#vertices.dropSame(index, vertex);
        throw error;
      }
      markWritten(vertex, from, part);
      at += part;
      // Grows with what is there, so that a frozen state never has a length without its bytes.
      this.length = Math.max(this.length, at);
    }
  }

  /** In turn. What comes after a shorter length is zero when the file grows again. */
  truncate(length: number): void {
    if (length < this.length) {
      this.#vertices.cut(length);
      this.#baseLimit = Math.min(this.#baseLimit, length);
      for (const [index, sealed] of this.#slots) {
        const limit = Math.min(sealed.limit, length - index * slotBytes);
        if (limit <= 0) this.#slots.delete(index);
        else if (limit < sealed.limit) this.#slots.set(index, { ...sealed, limit });
      }
      for (const frozen of this.#frozen) frozen.cut = Math.min(frozen.cut, length);
      this.#cut = Math.min(this.#cut, length);
    }
    this.length = length;
  }

  /** In turn: zeros from `offset`, within the file; whole slots become holes. */
  async zero(offset: number, count: number): Promise<void> {
    const end = Math.min(offset + count, this.length);
    for (let at = offset; at < end; ) {
      const slot = Math.floor(at / slotBytes);
      const slotEnd = Math.min((slot + 1) * slotBytes, this.length);
      if (at === slot * slotBytes && end >= slotEnd) {
        this.#makeHole(slot);
        at = slotEnd;
        continue;
      }
      const part = Math.min(end, slotEnd) - at;
      await this.write(at, part, (_from, length, target, to) => target.fill(0, to, to + length));
      at += part;
    }
  }

  /** Bytes read; fewer only at the end. @throws SherinError as ObjectContent.read */
  async read(offset: number, length: number, target: Buffer): Promise<number> {
    const end = Math.min(offset + length, this.length);
    const reads: Promise<void>[] = [];
    for (let at = offset; at < end; ) {
      const vertex = this.#vertices.get(Math.floor(at / vertexBytes));
      if (vertex === undefined) {
        const until = this.#vertices.nextBehind(at, end);
        reads.push(this.#readUnder(at, target.subarray(at - offset, until - offset)));
        at = until;
        continue;
      }
      const from = at % vertexBytes;
      const part = Math.min(end - at, vertexBytes - from);
      vertex.bytes.copy(target, at - offset, from, from + part);
      at += part;
    }
    // All of them: nothing may be written into `target` after the answer.
    for (const result of await Promise.allSettled(reads)) {
      if (result.status === 'rejected') throw result.reason;
    }
    return Math.max(0, end - offset);
  }

  /** Where there is data, in order; slots count as wholes, written vertices as what they are. @param load an index node by ID */
  *dataRanges(load: (id: Buffer) => Buffer): Iterable<DataRange> {
    const under = new Set<number>();
    for (const { index } of usedSlots(this.#base.node, slotCount(this.#base.length), load)) {
      if (index * slotBytes < this.#baseLimit && !this.#slots.has(index)) under.add(index);
    }
    for (const [index, { slot }] of this.#slots) if (slot.kind !== 'hole') under.add(index);
    yield* rangesOf(under, this.#vertices, this.length);
  }

  /** The state as it is now, which stays as it is while the file goes on. */
  freeze(make: (state: FrozenState) => FrozenContent, marks: Marks | null = null): FrozenContent {
    const state = make({
      length: this.length,
      base: this.#base,
      baseContent: this.#baseContent,
      baseLimit: this.#baseLimit,
      slots: new Map(this.#slots),
      vertices: this.#vertices.hold(),
      marks,
      moment: this.#moment++,
    });
    this.#frozen.push({ state, cut: this.length });
    return state;
  }

  /** A frozen state is a version now; what has not changed since need not be kept. States come in the order they were frozen. */
  sealed(state: FrozenContent, stored: Stored): void {
    const found = this.#frozen.findIndex((frozen) => frozen.state === state);
    const frozen = this.#frozen[found];
    if (frozen === undefined) return;
    this.#frozen.splice(found, 1);
    this.#base = stored;
    this.#baseContent = this.#parts.open(stored);
    this.#baseLimit = Math.min(stored.length, frozen.cut);
    for (const [index, vertex] of state.vertices) this.#vertices.dropSame(index, vertex);
    // What was stored ahead of this state is in it, or was changed before it was frozen.
    for (const [index, { moment }] of this.#slots) if (moment < state.moment) this.#slots.delete(index);
  }

  /** What the journal has to be told beside written blocks; from now on, what comes after. */
  takeMarks(): Marks {
    const marks = { cut: this.#cut, slots: this.#newSlots };
    this.#cut = this.length;
    this.#newSlots = new Set();
    return marks;
  }

  /** What the journal was not told of, as it is now; its vertices are held until they are released. */
  takeUntold(): Untold {
    const vertices = new Map<number, Vertex>();
    for (const [index, vertex] of this.#vertices.all()) {
      if (vertex.unjournaled === 0) continue;
      vertex.holders += 1;
      vertices.set(index, vertex);
    }
    const marks = this.takeMarks();
    const slots = new Map([...this.#slots].filter(([index]) => marks.slots.has(index)));
    const release = (): void => {
      for (const vertex of vertices.values()) this.#parts.pool.release(vertex);
    };
    return { length: this.length, slots, vertices, marks, release };
  }

  /** From the journal: a slot stands in cubes. */
  placeSlot(index: number, slot: Slot, limit: number): void {
    this.#vertices.dropSlot(index);
    const content = this.#parts.open(storedSlot(slot, limit));
    this.#slots.set(index, { slot, limit, content, moment: this.#moment++ });
    this.#newSlots.add(index);
    this.length = Math.max(this.length, index * slotBytes + limit);
  }

  /** A frozen state is given up. */
  thaw(state: FrozenContent): void {
    this.#frozen = this.#frozen.filter((frozen) => frozen.state !== state);
  }

  /** Slots with dirty vertices, those that are all dirty first. */
  dirtySlots(): number[] {
    return this.#vertices.slots();
  }

  /** Slots of a frozen state are in cubes, without being a version; vertices that have changed since stay above. */
  storedAhead(state: FrozenContent, slots: ReadonlyMap<number, Slot>): void {
    const found = this.#frozen.find((frozen) => frozen.state === state);
    if (found === undefined) return;
    this.thaw(state);
    for (const [index, slot] of slots) {
      const start = index * slotBytes;
      const length = Math.min(slotBytes, state.length - start);
      const limit = Math.min(length, found.cut - start);
      const standing = [...state.verticesOf(index)].filter(
        ([at, vertex]) => this.#vertices.get(at) === vertex,
      );
      // None where all of it was changed, or came into a version, meanwhile.
      if (standing.length === 0) continue;
      for (const [at, vertex] of standing) this.#vertices.dropSame(at, vertex);
      // The journal is told of the slot before what stands above it.
      for (const [, vertex] of this.#vertices.inSlot(index)) vertex.unjournaled = allBlocks;
      if (limit <= 0) continue;
      this.#newSlots.add(index);
      const content = this.#parts.open(storedSlot(slot, length));
      this.#slots.set(index, { slot, limit, content, moment: state.moment });
    }
  }

  /** What it has in cubes: its last version, slots that are in none, and what is being sealed. */
  *inCubes(): Iterable<Stored> {
    yield this.#base;
    for (const { slot, content } of this.#slots.values()) yield storedSlot(slot, content.size);
    for (const { state } of this.#frozen) yield* state.inCubes();
  }

  /** Lets go of all that is in memory. */
  discard(): void {
    this.#vertices.dropAll();
    this.#slots.clear();
  }

  /** @param covered all its bytes are about to be written */
  async #writable(index: number, covered: boolean): Promise<Vertex> {
    const start = index * vertexBytes;
    return (
      this.#vertices.own(index) ??
      this.#vertices.add(index, async (bytes) => {
        const there = Math.min(vertexBytes, this.length - start);
        if (!covered && there > 0) await this.#readUnder(start, bytes.subarray(0, there));
      })
    );
  }

  #makeHole(index: number): void {
    this.#vertices.dropSlot(index);
    this.#newSlots.add(index);
    const length = Math.min(slotBytes, this.length - index * slotBytes);
    const slot: Slot = { kind: 'hole' };
    const content = this.#parts.open(storedSlot(slot, length));
    this.#slots.set(index, { slot, limit: length, content, moment: this.#moment++ });
  }

  /** Fills `target` with what lies under the dirty vertices from `offset` on. */
  async #readUnder(offset: number, target: Buffer): Promise<void> {
    const end = offset + target.length;
    const reads: Promise<number>[] = [];
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / slotBytes);
      const until = Math.min(end, (index + 1) * slotBytes);
      const part = target.subarray(at - offset, until - offset);
      const sealed = this.#slots.get(index);
      const limit = sealed === undefined ? this.#baseLimit : index * slotBytes + sealed.limit;
      const there = Math.max(0, Math.min(part.length, limit - at));
      part.fill(0, there);
      if (there > 0) {
        const content = sealed?.content ?? this.#baseContent;
        const from = sealed === undefined ? at : at - index * slotBytes;
        reads.push(content.read(from, there, part));
      }
      at = until;
    }
    for (const result of await Promise.allSettled(reads)) {
      if (result.status === 'rejected') throw result.reason;
    }
  }
}
