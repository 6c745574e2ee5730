/** Timing: rounds in turn (A B A B …), medians. */

/** What one candidate (a store, a library) reached in one round. */
export type Samples = Map<string, number[]>;

/** One line of the report; every sample is in `unit`. */
export interface Row {
  /** Short name from the list of figures, such as `R1`. */
  readonly id: string;
  readonly work: string;
  /** Where the store lay: `disk`, `RAM`, or `-` when it does not matter. */
  readonly place: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly samples: Samples;
}

/** Seconds that `work` took. */
export async function seconds(work: () => void | Promise<void>): Promise<number> {
  const begin = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - begin) / 1e9;
}

/** The middle value, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? upper) + upper) / 2 : upper;
}

/** Runs every candidate once a round, in turn, so that a change of the machine's mood meets all alike. */
export async function inTurn<C extends { readonly name: string }>(
  rounds: number,
  candidates: readonly C[],
  measure: (candidate: C, round: number) => Promise<number>,
): Promise<Samples> {
  const samples: Samples = new Map(candidates.map((candidate) => [candidate.name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const candidate of candidates) {
      samples.get(candidate.name)?.push(await measure(candidate, round));
    }
  }
  return samples;
}
