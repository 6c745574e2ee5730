/** A sequence of steps in two directories. */
import { compareOutcomes, compareRemains } from './compare.js';
import type { Outcome, Step } from './operation.js';
import type { Handles, Side } from './side.js';

/**
 * Called before each step with its number; here the directory that is tested may be sealed, locked and unlocked, or
 * mounted anew, which `release` prepares by closing handles of both sides.
 */
export type Between = (step: number, release: (which: Handles) => Promise<void>) => Promise<void>;

/** One of the two sides as a sequence uses it. */
export type Stage = Pick<Side, 'begin' | 'run' | 'release' | 'remains' | 'clear'>;

export interface Sides {
  readonly tested: Stage;
  readonly model: Stage;
  readonly between?: Between | undefined;
  /** Told each outcome that both sides agree on. */
  readonly onOutcome?: ((step: Step, outcome: Outcome) => void) | undefined;
}

/** Runs the steps on both sides, comparing each outcome, and in the end the trees. @throws Difference */
export async function runSequence(steps: readonly Step[], sides: Sides): Promise<void> {
  const both = [sides.tested, sides.model] as const;
  await Promise.all(both.map((side) => side.begin()));
  try {
    const release = async (which: Handles) =>
      void (await Promise.all(both.map((side) => side.release(which))));
    for (const [at, step] of steps.entries()) {
      await sides.between?.(at, release);
      const [tested, model] = await Promise.all([sides.tested.run(step), sides.model.run(step)]);
      compareOutcomes(tested, model, steps.slice(0, at + 1));
      sides.onOutcome?.(step, tested);
    }
    const [tested, model] = await Promise.all([sides.tested.remains(), sides.model.remains()]);
    compareRemains(tested, model, steps);
  } finally {
    await Promise.all(both.map((side) => side.clear()));
  }
}
