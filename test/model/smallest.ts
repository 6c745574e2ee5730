/** Makes a failing sequence as short as can be, after fast-check has: that stops where leaving out one step does not help. */
import fc from 'fast-check';
import { Difference } from './compare.js';
import type { Step } from './operation.js';

type Run = (steps: readonly Step[]) => Promise<void>;

/** A difference of which no step can be left out. */
async function shortest(first: Difference, run: Run): Promise<Difference> {
  let found = first;
  for (let at = found.steps.length - 1; at >= 0; at--) {
    const without = found.steps.filter((_, each) => each !== at);
    const smaller = await difference(without, run);
    if (smaller === null) continue;
    found = smaller;
    at = smaller.steps.length;
  }
  return found;
}

async function difference(steps: readonly Step[], run: Run): Promise<Difference | null> {
  try {
    await run(steps);
    return null;
  } catch (error) {
    if (error instanceof Difference) return error;
    throw error;
  }
}

/** Checks random sequences. @throws Error with the shortest one that fails, how to repeat it, and Difference as its cause */
export async function checkSequences(
  sequences: fc.Arbitrary<Step[]>,
  run: Run,
  parameters: { readonly numRuns: number; readonly seed?: number },
): Promise<void> {
  let first: unknown = null;
  const noted = async (steps: readonly Step[]) => {
    try {
      await run(steps);
    } catch (error) {
      // Shrinking may take longer than a test has.
      if (first === null) process.stderr.write(`the first difference: ${error}\n`);
      first ??= error;
      throw error;
    }
  };
  const details = await fc.check(fc.asyncProperty(sequences, noted), parameters);
  if (!details.failed) return;
  const error = details.errorInstance;
  const cause = error instanceof Difference ? await shortest(error, run) : error;
  const repeat = `SHERIN_MODEL_SEED=${details.seed} repeats it`;
  throw new Error(`sequence ${details.numRuns} of steps fails; ${repeat}`, { cause });
}
