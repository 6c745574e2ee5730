/** Slots that were made holes, as runs: a hole costs the same however large it is. */

/** Slots `first` up to `end`. */
export interface SlotRun {
  readonly first: number;
  readonly end: number;
}

interface Hole extends SlotRun {
  /** The last moment before it was made, in the order of the file's frozen states. */
  readonly moment: number;
}

export class Holes {
  /** In order, none over another. */
  #holes: Hole[];

  constructor(holes: readonly Hole[] = []) {
    this.#holes = [...holes];
  }

  /** Runs of slots. */
  get size(): number {
    return this.#holes.length;
  }

  [Symbol.iterator](): Iterator<SlotRun> {
    return this.#holes.values();
  }

  /** Whether slots `first` up to `end` are all among them. */
  has(first: number, end = first + 1): boolean {
    let from = first;
    for (let at = this.#endingFrom(first + 1); from < end; at++) {
      const hole = this.#holes[at];
      if (hole === undefined || hole.first > from) return false;
      from = hole.end;
    }
    return true;
  }

  /** Slots `first` up to `end` are holes from now on. */
  add(first: number, end: number, moment = 0): void {
    const from = this.#endingFrom(first);
    const made = { first, end, moment };
    const before: Hole[] = [];
    const behind: Hole[] = [];
    let to = from;
    for (let hole = this.#holes[to]; hole !== undefined && hole.first <= end; hole = this.#holes[++to]) {
      if (hole.moment === moment) {
        made.first = Math.min(made.first, hole.first);
        made.end = Math.max(made.end, hole.end);
        continue;
      }
      if (hole.first < first) before.push({ ...hole, end: Math.min(hole.end, first) });
      if (hole.end > end) behind.push({ ...hole, first: Math.max(hole.first, end) });
    }
    this.#holes.splice(from, to - from, ...before, made, ...behind);
  }

  /** None from slot `end` on. */
  cut(end: number): void {
    const at = this.#endingFrom(end + 1);
    const last = this.#holes[at];
    this.#holes.length = Math.min(at, this.#holes.length);
    if (last !== undefined && last.first < end) this.#holes.push({ ...last, end });
  }

  /** Drops those that were made before a moment. */
  dropBefore(moment: number): void {
    this.#holes = this.#holes.filter((hole) => hole.moment >= moment);
  }

  copy(): Holes {
    return new Holes(this.#holes);
  }

  /** Index of the first one that ends at a slot or behind it. */
  #endingFrom(slot: number): number {
    let [low, high] = [0, this.#holes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#holes[middle]?.end ?? 0) < slot) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
