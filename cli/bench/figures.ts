/** What one benchmark found: for each kind of work the samples of all rounds, of the vault and of plain files beside it. */

/** Every kind of work, in the order of the table; all are rates, more is better. */
export const works = {
  import: { text: 'put a large file', unit: 'MB/s' },
  importSmall: { text: 'put small files', unit: 'files/s' },
  readCold: { text: 'read the large file, cold', unit: 'MB/s' },
  readAgain: { text: 'read it again', unit: 'MB/s' },
  random: { text: 'random 4 KiB of it, cold', unit: 'reads/s' },
  readSmall: { text: 'list and read small files, cold', unit: 'files/s' },
  verify: { text: 'decrypt and verify, without the mount', unit: 'MB/s' },
} as const;
export type WorkName = keyof typeof works;

export interface Figure {
  readonly id: WorkName;
  readonly work: string;
  readonly unit: string;
  readonly median: number;
  readonly samples: readonly number[];
  /** The same with plain files in the same directory, where there is such a thing. */
  readonly plain: { readonly median: number; readonly samples: readonly number[] } | null;
}

export class Figures {
  readonly #samples = new Map<WorkName, number[]>();
  readonly #plain = new Map<WorkName, number[]>();

  add(who: 'vault' | 'plain', work: WorkName, rate: number): void {
    const all = who === 'vault' ? this.#samples : this.#plain;
    all.set(work, [...(all.get(work) ?? []), rate]);
  }

  list(): Figure[] {
    return [...this.#samples].map(([id, samples]) => {
      const plain = this.#plain.get(id);
      return {
        id,
        work: works[id].text,
        unit: works[id].unit,
        median: median(samples),
        samples,
        plain: plain === undefined ? null : { median: median(plain), samples: plain },
      };
    });
  }
}

/** Lines of the table: work, vault, plain files, the vault's part of that. */
export function tableOf(figures: readonly Figure[]): string[][] {
  return figures.map(({ work, unit, median, samples, plain }) => [
    work,
    `${short(median)} ${unit}`,
    `${short(Math.min(...samples))} – ${short(Math.max(...samples))}`,
    plain === null ? '' : `${short(plain.median)} ${unit}`,
    plain === null ? '' : `${(median / plain.median).toFixed(2)}×`,
  ]);
}

/** The middle value, or the mean of the middle two. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/** Three digits that count. */
function short(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
