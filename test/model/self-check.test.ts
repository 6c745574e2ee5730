/** The comparison itself: it finds what is wrong, makes it small, and reaches every operation. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operationNames, sequences } from './arbitrary.js';
import { Difference } from './compare.js';
import { lies, lying } from './lies.js';
import type { Step } from './operation.js';
import { runSequence } from './sequence.js';
import { Side } from './side.js';
import { checkSequences } from './smallest.js';
import { openFolder } from './suite.js';

const setting = { processes: 3, without: [] };
const users = [null, null, null];
/** One list of cases each time, in which every lie shows soon. */
const seed = 2;
let folders: readonly [string, string];
let one: Side;
let other: Side;

beforeAll(() => {
  folders = [openFolder(tmpdir()), openFolder(tmpdir())];
  [one, other] = [
    new Side({ directory: folders[0], users, timeStep: 1 }),
    new Side({ directory: folders[1], users, timeStep: 1 }),
  ];
});
afterAll(() => {
  one.end();
  other.end();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('the model test', () => {
  it('has sequences in which every operation succeeds and fails', async () => {
    const succeeded = new Set<string>();
    const failed = new Set<string>();
    const onOutcome = ({ operation }: Step, { error }: { error?: string }) =>
      (error === undefined ? succeeded : failed).add(operation.do);
    const run = (steps: Step[]) => runSequence(steps, { tested: one, model: other, onOutcome });
    await fc.assert(fc.asyncProperty(sequences(setting), run), { seed: 8, numRuns: 40 });
    expect(operationNames.filter((name) => !succeeded.has(name))).toEqual([]);
    // access(2) has no error here: that a path is missing is a plain no.
    expect(operationNames.filter((name) => !failed.has(name))).toEqual(['access']);
  });

  it('asks between steps, when handles of both sides can be closed', async () => {
    const asked: number[] = [];
    const between = async (at: number, release: (which: 'all') => Promise<void>) => {
      asked.push(at);
      if (at === 1) await release('all');
    };
    const steps: readonly Step[] = [
      { do: 'open', path: 'a', flags: ['RDWR', 'CREAT'], mode: 0o644, slot: 0 } as const,
      { do: 'fstat', slot: 0 } as const,
    ].map((operation) => ({ process: 0, operation, watch: false, tick: false }));
    const errors: unknown[] = [];
    const onOutcome = (_: Step, { error }: { error?: string }) => errors.push(error);
    await runSequence(steps, { tested: one, model: other, between, onOutcome });
    expect(asked).toEqual([0, 1]);
    expect(errors).toEqual([undefined, 'EBADF']);
  });

  it.each(lies)(
    'finds a directory that $name, in $smallest steps',
    async (lie) => {
      const sides = { tested: lying(one, lie), model: other };
      const run = (steps: readonly Step[]) => runSequence(steps, sides);
      const failure = await checkSequences(sequences(setting), run, { seed, numRuns: 300 }).then(
        () => null,
        (error: Error) => error,
      );
      const found = failure?.cause;
      if (!(found instanceof Difference)) throw failure ?? new Error('it was not found');
      expect(found.steps.map(({ operation }) => operation.do)).toContain(lie.about);
      expect(found.steps.length).toBeLessThanOrEqual(lie.smallest);
      expect(failure?.message).toContain(`SHERIN_MODEL_SEED=${seed}`);
    },
    300_000,
  );
});
