/** Of a pool of inputs few and short ones that reach, together with the target's seeds, all that it reaches. */
import { Coverage } from './coverage.js';
import { forgetRefusals, knowRefusals, newRefusals } from './refusals.js';
import type { Harness } from './target.js';

export async function smallestSet(pool: readonly Buffer[], harness: Harness): Promise<Buffer[]> {
  const coverage = new Coverage();
  try {
    const kept: Buffer[] = [];
    coverage.take();
    for (const seed of harness.seeds) await harness.run(Buffer.from(seed));
    coverage.add(coverage.take());
    forgetRefusals();
    knowRefusals(newRefusals());
    for (const input of pool.toSorted((a, b) => a.length - b.length)) {
      await harness.run(Buffer.from(input));
      const reached = coverage.take();
      const refusals = newRefusals();
      if (refusals.length === 0 && !coverage.isNew(reached)) continue;
      coverage.add(reached);
      knowRefusals(refusals);
      kept.push(input);
    }
    return kept;
  } finally {
    coverage.end();
  }
}
