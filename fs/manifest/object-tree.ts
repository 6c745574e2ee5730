/** The index tree of an object: built as slots arrive, read by slot number (FORMAT.md, "Objects"). */
import { MalformedBytes } from '../../common/bytes.js';
import {
  type Branch,
  decodeNode,
  encodeBranches,
  encodeSlots,
  fanOut,
  type IndexNode,
  nodeId,
  rootLevel,
  type Slot,
  slotBytes,
  slotCount,
  slotFault,
} from './index-node.js';
import { SlotFrontier } from './slot-frontier.js';

export { nodeId, type Piece, type Slot, slotCount } from './index-node.js';

export interface ObjectTree {
  /** Object root. */
  readonly root: Buffer;
  /** Root node: belongs into the put record. */
  readonly node: Buffer;
  /** The other nodes: belong into the table `nodes`. */
  readonly nodes: Buffer[];
}

/** Takes the slots of a file in order, in memory bounded by the tree's nodes; runs of holes cost next to nothing. */
export class ObjectTreeBuilder {
  readonly #frontier = new SlotFrontier();
  readonly #nodes: Buffer[] = [];
  #slots: Slot[] = [];
  /** Unfinished nodes by level, from level 1 at position 0. */
  readonly #branches: Branch[][] = [];
  #pushed = 0;
  /** Holes at the end that are not in the frontier yet: the last slot may be shorter than the others. */
  #holes = 0;

  /** @throws RangeError when the slot is malformed */
  push(slot: Slot): void {
    if (slot.kind === 'hole') {
      this.pushHoles(1);
      return;
    }
    const fault = slotFault(slot);
    if (fault !== null) throw new RangeError(fault);
    this.#frontier.pushHoles(this.#holes);
    this.#holes = 0;
    this.#frontier.push(slot.kind === 'cube' ? slot.cube.root : slot.root);
    this.#addSlot(slot);
  }

  /** Appends slots that are holes. */
  pushHoles(count: number): void {
    this.#holes += count;
    for (let left = count; left > 0; ) {
      const level = this.#holeLevel(left);
      if (level === 0) this.#addSlot({ kind: 'hole' });
      else this.#addBranch(level, null);
      left -= fanOut ** level;
    }
  }

  /** Ends the file at `length` bytes. @throws RangeError when the slots pushed are not its slots */
  done(length: number): ObjectTree {
    const count = slotCount(length);
    if (count !== this.#pushed) throw new RangeError(`${this.#pushed} slots for ${length} bytes`);
    if (this.#holes > 0) {
      this.#frontier.pushHoles(this.#holes - 1);
      this.#frontier.pushZeros(length - (count - 1) * slotBytes);
    }
    return { root: this.#frontier.root(), node: this.#rootNode(rootLevel(count)), nodes: this.#nodes };
  }

  /** The highest level at which a hole subtree can begin here and still has at most `left` slots. */
  #holeLevel(left: number): number {
    let level = 0;
    for (let span = fanOut; span <= left && this.#pushed % span === 0; span *= fanOut) level++;
    return level;
  }

  #addSlot(slot: Slot): void {
    if (this.#slots.length === fanOut) this.#closeSlots();
    this.#slots.push(slot);
    this.#pushed += 1;
  }

  #addBranch(level: number, branch: Branch): void {
    this.#closeBelow(level);
    this.#raise(level, branch);
    this.#pushed += fanOut ** level;
  }

  /** Closes the open nodes of all lower levels. */
  #closeBelow(level: number): void {
    if (this.#slots.length > 0) this.#closeSlots();
    for (let below = 1; below < level; below++) this.#closeBranches(below);
  }

  #closeSlots(): void {
    const slots = this.#slots;
    this.#slots = [];
    const hole = slots.every((slot) => slot.kind === 'hole');
    this.#raise(1, hole ? null : this.#keep(encodeSlots(slots)));
  }

  #closeBranches(level: number): void {
    const branches = this.#branches[level - 1];
    if (branches === undefined || branches.length === 0) return;
    this.#branches[level - 1] = [];
    const hole = branches.every((branch) => branch === null);
    this.#raise(level + 1, hole ? null : this.#keep(encodeBranches(level, branches)));
  }

  #raise(level: number, branch: Branch): void {
    if (this.#branches[level - 1]?.length === fanOut) this.#closeBranches(level);
    const branches = this.#branches[level - 1] ?? [];
    branches.push(branch);
    this.#branches[level - 1] = branches;
  }

  #keep(node: Buffer): Buffer {
    this.#nodes.push(node);
    return nodeId(node);
  }

  #rootNode(level: number): Buffer {
    const above = this.#branches[level] ?? [];
    // Holes that fill the tree exactly were pushed as one branch of the level above the root.
    if (above.length === 1) {
      return level === 0
        ? encodeSlots(Array.from({ length: fanOut }, () => ({ kind: 'hole' })))
        : encodeBranches(level, new Array<Branch>(fanOut).fill(null));
    }
    if (level === 0) return encodeSlots(this.#slots);
    this.#closeBelow(level);
    return encodeBranches(level, this.#branches[level - 1] ?? []);
  }
}

/** Slots in a row, up to 64: those of one node of level 0. */
export interface SlotRun {
  /** Number of the first. */
  readonly first: number;
  readonly slots: readonly Slot[];
}

const holes: readonly Slot[] = Array.from({ length: fanOut }, () => ({ kind: 'hole' }));

/**
 * The slot at a position and those beside it; `load` gives a node by ID, hash-checked. Where it lies in a subtree of
 * holes the run is not cut at the end of the file.
 * @throws MalformedBytes when a node has not the shape its place asks for, RangeError past the last slot
 */
export function slotsAround(node: Buffer, index: number, load: (id: Buffer) => Buffer): SlotRun {
  let current = decodeNode(node);
  if (!Number.isSafeInteger(index) || index < 0 || index >= fanOut ** (current.level + 1))
    throw pastEnd(index);
  const first = index - (index % fanOut);
  for (let rest = index; ; ) {
    if (current.kind === 'slots') {
      if (rest >= current.entries.length) throw pastEnd(index);
      return { first, slots: current.entries };
    }
    const span = fanOut ** current.level;
    const branch = current.entries[Math.floor(rest / span)];
    if (branch === undefined) throw pastEnd(index);
    if (branch === null) return { first, slots: holes };
    current = child(branch, current.level - 1, load);
    rest %= span;
  }
}

/** A slot that is no hole, with its number. */
export interface UsedSlot {
  readonly index: number;
  readonly slot: Exclude<Slot, { kind: 'hole' }>;
}

/** Slots that count as holes. */
export interface SlotsLeftOut {
  /** Whether all from `first` up to `end` do. */
  has(first: number, end: number): boolean;
}

const none: SlotsLeftOut = { has: () => false };

/**
 * Those of an object's `count` slots that are no holes, in order; what a subtree of holes spans costs nothing.
 * @throws MalformedBytes when the tree has not exactly so many slots
 */
export function* usedSlots(
  node: Buffer,
  count: number,
  load: (id: Buffer) => Buffer,
  without = none,
): Iterable<UsedSlot> {
  const root = decodeNode(node);
  if (root.level !== rootLevel(count)) throw new MalformedBytes(`root node of level ${root.level}`);
  yield* walk(root, { first: 0, count, without }, load);
}

function* walk(
  node: IndexNode,
  {
    first,
    count,
    without,
  }: { readonly first: number; readonly count: number; readonly without: SlotsLeftOut },
  load: (id: Buffer) => Buffer,
): Iterable<UsedSlot> {
  const span = fanOut ** node.level;
  if (node.entries.length !== Math.ceil(count / span)) {
    throw new MalformedBytes(`index node with ${node.entries.length} entries for ${count} slots`);
  }
  if (node.kind === 'slots') {
    for (const [i, slot] of node.entries.entries()) {
      const index = first + i;
      if (slot.kind !== 'hole' && !without.has(index, index + 1)) yield { index, slot };
    }
    return;
  }
  for (const [i, branch] of node.entries.entries()) {
    if (branch === null) continue;
    const below = { first: first + i * span, count: Math.min(span, count - i * span), without };
    if (without.has(below.first, below.first + below.count)) continue;
    yield* walk(child(branch, node.level - 1, load), below, load);
  }
}

function child(id: Buffer, level: number, load: (id: Buffer) => Buffer): IndexNode {
  const node = decodeNode(load(id));
  if (node.level !== level) throw new MalformedBytes(`index node of level ${node.level} at level ${level}`);
  return node;
}

function pastEnd(index: number): RangeError {
  return new RangeError(`slot ${index} is past the end`);
}
