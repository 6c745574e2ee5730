/** Frozen states of a file that are no version yet, oldest first, and the least length that it had between each and the next one. */
import type { ObjectContent } from '../cube/content.js';
import type { FrozenContent } from './frozen-content.js';
import type { Stored } from './stored.js';

export class FrozenStates {
  readonly #states: { readonly state: FrozenContent; length: number }[] = [];

  get size(): number {
    return this.#states.length;
  }

  *[Symbol.iterator](): Iterator<FrozenContent> {
    for (const { state } of this.#states) yield state;
  }

  add(state: FrozenContent): void {
    this.#states.push({ state, length: state.length });
  }

  /** The file has `length` bytes now, which are fewer. */
  cut(length: number): void {
    const last = this.#states.at(-1);
    if (last !== undefined) last.length = Math.min(last.length, length);
  }

  /** Takes one out. @returns the least length of the file since it was frozen; null: it is none of them */
  remove(state: FrozenContent): number | null {
    const found = this.#find(state);
    if (found < 0) return null;
    const least = this.#leastLength(found, this.#states.length);
    const before = this.#states[found - 1];
    if (before !== undefined) before.length = this.#leastLength(found - 1, found + 1);
    this.#states.splice(found, 1);
    return least;
  }

  /** One of them is a version now: the next one that becomes one stands on it. */
  sealed(state: FrozenContent, stored: Stored, open: (stored: Stored) => ObjectContent): void {
    const found = this.#find(state);
    const next = this.#states.findIndex(({ state: { marks } }, at) => at > found && marks !== null);
    if (found >= 0 && next >= 0)
      this.#states[next]?.state.standOn(
        state,
        { stored, content: open(stored) },
        this.#leastLength(found, next),
      );
  }

  #find(state: FrozenContent): number {
    return this.#states.findIndex((each) => each.state === state);
  }

  /** From one of them up to another, or to now. */
  #leastLength(from: number, end: number): number {
    return Math.min(...this.#states.slice(from, end).map(({ length }) => length));
  }
}
