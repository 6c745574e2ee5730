/** Which code has run, by V8's block coverage: what no input has reached before is what tells a new one from the others. */
import { Session } from 'node:inspector';
import { projectRoot } from '../../common/project.js';

const own = new URL(`file://${projectRoot}/dist/`).href;
const tests = `${own}test/`;

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** Characters of a function that have run, as 1. */
interface Reached {
  readonly key: string;
  readonly characters: Uint8Array;
}

export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Map<string, Uint8Array>();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
  }

  /** What has run since the last time, the product's own code alone. */
  take(): readonly Reached[] {
    const reached: Reached[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error;
      for (const { url, functions } of taken.result) {
        if (!url.startsWith(own) || url.startsWith(tests)) continue;
        for (const { ranges } of functions) reached.push(...paint(url, ranges));
      }
    });
    return reached;
  }

  /** Whether any of it is new. */
  isNew(reached: readonly Reached[]): boolean {
    return reached.some(({ key, characters }) => {
      const seen = this.#seen.get(key);
      return characters.some((one, at) => one > (seen?.[at] ?? 0));
    });
  }

  add(reached: readonly Reached[]): void {
    for (const { key, characters } of reached) {
      const seen = this.#seen.get(key) ?? new Uint8Array(characters.length);
      for (const [at, one] of characters.entries()) if (one > 0) seen[at] = 1;
      this.#seen.set(key, seen);
    }
  }

  /** Functions that were reached, and characters of them. */
  get extent(): { readonly functions: number; readonly characters: number } {
    let characters = 0;
    for (const seen of this.#seen.values()) for (const one of seen) characters += one;
    return { functions: this.#seen.size, characters };
  }

  end(): void {
    this.#session.disconnect();
  }
}

/** Ranges stand outermost first: what is within another has its own count. */
function paint(url: string, ranges: readonly Range[]): Reached[] {
  const [whole] = ranges;
  if (whole === undefined || whole.count === 0) return [];
  const characters = new Uint8Array(whole.endOffset - whole.startOffset);
  for (const { startOffset, endOffset, count } of ranges)
    characters.fill(Math.min(count, 1), startOffset - whole.startOffset, endOffset - whole.startOffset);
  return [{ key: `${url} ${whole.startOffset}`, characters }];
}
