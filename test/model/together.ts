/** Processes that run at the same time, each where no other is: what they get and leave must not depend on that. */
import fc from 'fast-check';
import { compareOutcomes, compareRemains } from './compare.js';
import { ownDirectory } from './opening.js';
import type { Operation, Step } from './operation.js';
import type { Side } from './side.js';

export interface Together {
  readonly tested: Side;
  readonly model: Side;
}

/** Runs the lists on both sides; `first` comes before, step by step. @throws Difference */
async function runTogether(
  first: readonly Step[],
  lists: readonly (readonly Step[])[],
  { tested, model }: Together,
): Promise<void> {
  const both = [tested, model] as const;
  const [ofTested, ofModel] = await Promise.all(
    both.map(async (side) => {
      await side.begin();
      for (const step of first) await side.run(step);
      const outcomes = await side.runTogether(lists);
      return { outcomes, remains: await side.remains() };
    }),
  );
  try {
    if (ofTested === undefined || ofModel === undefined) throw new Error('there are two sides');
    for (const [process, steps] of lists.entries()) {
      for (let at = 0; at < steps.length; at++) {
        const outcomes = [ofTested, ofModel].map((side) => side.outcomes[process]?.[at] ?? {});
        compareOutcomes(outcomes[0] ?? {}, outcomes[1] ?? {}, steps.slice(0, at + 1));
      }
    }
    compareRemains(ofTested.remains, ofModel.remains, [...first, ...lists.flat()]);
  } finally {
    await Promise.all(both.map((side) => side.clear()));
  }
}

/** Each list in the directory of its process. */
export function runApart(lists: readonly (readonly Step[])[], sides: Together): Promise<void> {
  const first = lists.map((_, process) =>
    step(process, { do: 'mkdir', path: ownDirectory(process), mode: 0o755 }),
  );
  return runTogether(first, lists, sides);
}

/** Bytes that belong to one process in turn: no border of theirs is one of a page. */
const stripe = 3001;
const stripes = 90;
const shared = 'shared';

/** Reads and writes of several processes in one file, each in its own stripes. */
export function sharedLists(processes: number): fc.Arbitrary<Step[][]> {
  const lists = Array.from({ length: processes }, (_, process) => {
    const range = fc
      .record({
        turn: fc.nat(Math.floor(stripes / processes) - 1),
        start: fc.nat(stripe - 1),
        length: fc.nat(stripe),
      })
      .map(({ turn, start, length }) => ({
        slot: 0,
        offset: (turn * processes + process) * stripe + start,
        length: Math.max(1, Math.min(length, stripe - start)),
      }));
    const operation = fc
      .tuple(
        fc.constantFrom<'pwrite' | 'pread' | 'map_write' | 'fsync'>(
          'pwrite',
          'pwrite',
          'pread',
          'map_write',
          'fsync',
        ),
        range,
        fc.nat(1000),
      )
      .map(([name, at, seed]): Operation => {
        if (name === 'pread') return { do: name, ...at };
        if (name === 'fsync') return { do: name, slot: at.slot, data: seed % 2 === 0 };
        return { do: name, ...at, seed };
      });
    return fc.array(
      operation.map((operation) => step(process, operation)),
      { maxLength: 100, size: 'max' },
    );
  });
  return fc.tuple(...lists);
}

/** All lists in one file. */
export function runShared(lists: readonly (readonly Step[])[], sides: Together): Promise<void> {
  const make: readonly Step[] = [
    step(0, { do: 'open', path: shared, flags: ['RDWR', 'CREAT'], mode: 0o666, slot: 0 }),
    step(0, { do: 'fchmod', slot: 0, mode: 0o666 }),
    step(0, { do: 'ftruncate', slot: 0, size: stripe * stripes }),
  ];
  const open = lists.map((_, process) =>
    step(process, { do: 'open', path: shared, flags: ['RDWR'], mode: 0, slot: 0 }),
  );
  return runTogether([...make, ...open], lists, sides);
}

function step(process: number, operation: Operation): Step {
  return { process, operation, watch: false, tick: false };
}
