import type { Row } from '../measure.js';
import type { PeerName } from '../stores/peer.js';

export interface PartOptions {
  /** Rounds a figure is measured in, at least 5 for a report. */
  readonly rounds: number;
  readonly peers: readonly PeerName[];
  /** For `sherinctl up --driver`; undefined: its default. */
  readonly driver: string | undefined;
  /** Bytes of the large file, whole MiB; growth is measured from a quarter to four times it. */
  readonly fileBytes: number;
  /** Files of the tree, 4 KiB each; growth is measured from a tenth to ten times it. */
  readonly files: number;
  /** Leaves the largest sizes of growth out. */
  readonly quick: boolean;
  /** Says what is going on, on stderr. */
  readonly say: (text: string) => void;
}

/** One part of the benchmarks: `npm run bench -- <name>`. */
export type Part = (options: PartOptions) => Promise<readonly Row[]>;

/** Sizes to measure growth at: `factor` times smaller, the usual one, and `factor` times larger unless it has to be quick. */
export function growing(usual: number, factor: number, { quick }: PartOptions): readonly number[] {
  const sizes = [usual / factor, usual, usual * factor];
  return quick ? sizes.slice(0, 2) : sizes;
}
