/** Looks for inputs that reach code which none has reached, and for those that break a target. */
import type { Coverage } from './coverage.js';
import { mutate } from './mutate.js';
import { Random } from './random.js';
import { knowRefusals, newRefusals } from './refusals.js';
import type { Harness, Target } from './target.js';
import type { Watchdog } from './watchdog.js';

/** Inputs between two looks at the coverage, which take as long as some hundred runs. */
const batch = 200;
/** Bytes that the process may take beside what it had at the beginning. */
const mostMemory = 1024 ** 3;

export interface Found {
  readonly input: Buffer;
  readonly error: unknown;
}

export interface Explored {
  readonly runs: number;
  /** Each reached something that none before it had. */
  readonly pool: readonly Buffer[];
  readonly found: Found | null;
}

export class Explorer {
  readonly #target: Target;
  readonly #harness: Harness;
  readonly #coverage: Coverage;
  readonly #watchdog: Watchdog;
  readonly #random: Random;
  readonly #pool: Buffer[] = [];
  readonly #least = process.memoryUsage.rss();
  #runs = 0;
  #last: Buffer = Buffer.alloc(0);

  constructor(target: Target, harness: Harness, coverage: Coverage, watchdog: Watchdog, seed: number) {
    this.#target = target;
    this.#harness = harness;
    this.#coverage = coverage;
    this.#watchdog = watchdog;
    this.#random = new Random(seed);
  }

  /** @param known is tried first. @param until milliseconds of `Date.now` */
  async explore(known: readonly Buffer[], until: number): Promise<Explored> {
    const seeds = this.#harness.seeds.map((seed) => Buffer.from(seed));
    this.#coverage.take();
    let found = await this.#sift([...seeds, ...known]);
    if (this.#pool.length === 0) this.#pool.push(Buffer.alloc(0));
    while (found === null && Date.now() < until) {
      found = await this.#sift(Array.from({ length: batch }, () => this.#made()));
      if (found === null && process.memoryUsage.rss() - this.#least > mostMemory)
        found = { input: this.#last, error: new Error('memory grows without bound') };
    }
    return { runs: this.#runs, pool: this.#pool, found };
  }

  /** Runs inputs, and by halving finds those that reach what is new. */
  async #sift(inputs: readonly Buffer[]): Promise<Found | null> {
    const found = await this.#all(inputs);
    if (found !== null) return found;
    const reached = this.#coverage.take();
    if (!this.#coverage.isNew(reached)) return null;
    const [only, more] = inputs;
    if (more === undefined) {
      this.#coverage.add(reached);
      if (only !== undefined) this.#pool.push(only);
      return null;
    }
    const middle = Math.ceil(inputs.length / 2);
    return (await this.#sift(inputs.slice(0, middle))) ?? (await this.#sift(inputs.slice(middle)));
  }

  #made(): Buffer {
    const of = (): Buffer => this.#random.of(this.#pool);
    // What came last has been changed least.
    const recent = this.#pool.slice(-8);
    const from = this.#random.once(2) ? this.#random.of(recent) : of();
    return mutate(from, of(), this.#target.form, this.#random);
  }

  async #all(inputs: readonly Buffer[]): Promise<Found | null> {
    for (const input of inputs) {
      this.#watchdog.begin(input);
      this.#runs += 1;
      this.#last = input;
      try {
        await this.#harness.run(Buffer.from(input));
      } catch (error) {
        return { input, error };
      }
      const refusals = newRefusals();
      if (refusals.length > 0) this.#pool.push(input);
      knowRefusals(refusals);
    }
    this.#watchdog.rest();
    return null;
  }
}
