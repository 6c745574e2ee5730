/** The process dies, or the disk fails, at every system call that changes a file of the vault. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CrashBench } from './crash-run.js';
import { type Outcome, pointsOf, runPoint } from './matrix.js';
import { report } from './matrix-report.js';
import { mixed } from './operations.js';
import { sample } from './sample.js';

const all = process.env.SHERIN_CRASH === 'all';
const seed = Number(process.env.SHERIN_CRASH_SEED ?? 1);
const document = fileURLToPath(new URL('../../docs/crash-matrix.md', import.meta.url));
/** Points of an ordinary run, and runs side by side of the whole. */
const few = 14;
const sideBySide = 4;

describe('the crash matrix', () => {
  it('shows a state that was promised, wherever the fault is', async () => {
    const benches = await Promise.all(
      Array.from({ length: all ? sideBySide : 1 }, () => CrashBench.create(mixed)),
    );
    try {
      const [bench] = benches;
      const { calls } = (await bench?.run('count', 'operations', 'go on')) ?? { calls: [] };
      const points = pointsOf(calls);
      const waiting = all ? points : sample(points, few, seed);
      const { length: total } = points;
      const outcomes: Outcome[] = [];
      const work = async (own: CrashBench): Promise<void> => {
        for (let point = waiting.shift(); point !== undefined; point = waiting.shift())
          outcomes.push(await runPoint(own, point));
      };
      await Promise.all(benches.map(work));
      if (all) writeFileSync(document, report(outcomes, total));
      expect(calls.length).toBeGreaterThan(100);
      expect(outcomes.filter(({ wrong }) => wrong !== null)).toEqual([]);
    } finally {
      for (const bench of benches) bench.remove();
    }
  }, 14_400_000);
});
