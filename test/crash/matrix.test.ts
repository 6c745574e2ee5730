/** The process dies, or the disk fails, at every system call that changes a file of the vault. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CrashBench } from './crash-run.js';
import { nameOf, type Outcome, type Point, pointsOf, runPoint } from './matrix.js';
import { report } from './matrix-report.js';
import { mixed } from './operations.js';
import { sample } from './sample.js';

const all = process.env.SHERIN_CRASH === 'all';
const seed = Number(process.env.SHERIN_CRASH_SEED ?? 1);
/** A file that gets each outcome; those that it has are not run again. */
const kept = process.env.SHERIN_CRASH_KEPT;
const document = fileURLToPath(new URL('../../docs/crash-matrix.md', import.meta.url));
/** Points of an ordinary run, and runs side by side of the whole. */
const few = 14;
const sideBySide = 4;

function keptOutcomes(): Outcome[] {
  if (kept === undefined || !existsSync(kept)) return [];
  const lines = readFileSync(kept, 'utf8').split('\n').filter(Boolean);
  return lines.map((line): Outcome => JSON.parse(line));
}

/** Those of each bench: in which directories cubes are, and whether these are there already, differs between vaults. */
async function commonPoints(benches: readonly CrashBench[]): Promise<Point[]> {
  let common: Point[] | null = null;
  for (const bench of benches) {
    const { calls } = await bench.run('count', 'operations', 'go on');
    const own = pointsOf(calls);
    const names = new Set(own.map(nameOf));
    common = common === null ? own : common.filter((point) => names.has(nameOf(point)));
  }
  return common ?? [];
}

describe('the crash matrix', () => {
  it('has the same points in each run', async () => {
    const bench = await CrashBench.create(mixed);
    try {
      const runs = [];
      while (runs.length < 2) {
        bench.restore('new');
        runs.push(pointsOf((await bench.run('count', 'operations', 'go on')).calls));
      }
      expect(runs[1]).toEqual(runs[0]);
    } finally {
      bench.remove();
    }
  });

  it('shows a state that was promised, wherever the fault is', async () => {
    const benches = await Promise.all(
      Array.from({ length: all ? sideBySide : 1 }, () => CrashBench.create(mixed)),
    );
    try {
      const points = await commonPoints(benches);
      const there = new Set(points.map(nameOf));
      const outcomes = keptOutcomes().filter((outcome) => there.has(nameOf(outcome)));
      const known = new Set(outcomes.map(nameOf));
      // In another order also where all are asked for: where that is cut short, all places have had some.
      const waiting = sample(points, all ? points.length : few, seed).filter(
        (point) => !known.has(nameOf(point)),
      );
      const work = async (own: CrashBench): Promise<void> => {
        for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
          const outcome = await runPoint(own, point);
          outcomes.push(outcome);
          if (kept !== undefined) appendFileSync(kept, `${JSON.stringify(outcome)}\n`);
        }
      };
      await Promise.all(benches.map(work));
      if (all) writeFileSync(document, report(outcomes, points.length));
      expect(points.length).toBeGreaterThan(1_000);
      expect(outcomes.filter(({ wrong }) => wrong !== null)).toEqual([]);
    } finally {
      for (const bench of benches) bench.remove();
    }
  }, 14_400_000);
});
