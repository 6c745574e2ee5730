import type { Row } from '../measure.js';
import type { PeerName } from '../stores/peer.js';

export interface PartOptions {
  /** Rounds a figure is measured in, at least 5 for a report. */
  readonly rounds: number;
  readonly peers: readonly PeerName[];
  /** Says what is going on, on stderr. */
  readonly say: (text: string) => void;
}

/** One part of the benchmarks: `npm run bench -- <name>`. */
export type Part = (options: PartOptions) => Promise<readonly Row[]>;
