/** What writing is given of the vault around it. */
import type { CubeId } from '../../common/ids.js';
import type { EncodeOptions } from '../../native/index.js';
import type { ObjectContent } from '../cube/content.js';
import type { CubeLock } from '../cube/cube-lock.js';
import type { CubeStore } from '../cube/store.js';
import type { Manifest } from '../manifest/manifest.js';
import type { Journal } from './journal/journal.js';
import type { Transaction } from './sealing.js';
import type { Stored } from './stored.js';

export interface WritingParts {
  readonly manifest: Manifest;
  readonly store: CubeStore;
  readonly encode: EncodeOptions;
  /** Cube and object IDs depend on the owner's uid. */
  readonly owned: boolean;
  readonly refused: { has(cube: CubeId): boolean };
  readonly healed: (cubes: readonly CubeId[]) => Promise<void>;
  readonly journal: Journal;
  /** Held while something relies on cubes that no record refers to. */
  readonly lock: CubeLock;
  /** Content that is in cubes. */
  readonly open: (stored: Stored) => ObjectContent;
  /** Waits for what a transaction needs. @throws SherinError TPM_*, IO */
  readonly beforeCommit: () => Promise<void>;
  /** One transaction of the manifest with the first `count` changes taken, made before the call returns. @throws SherinError; nothing was committed then */
  readonly commit: (count: number, ...made: Transaction) => Promise<unknown>;
  /** A durable head names the journal when it resolves. @param sealing it is asked for while that has the turn. @throws SherinError NO_SPACE, IO */
  readonly nameJournal: (sealing: boolean) => Promise<void>;
  /** Bytes that are free on the disk of the vault, less what is kept for manifest, journal and audit log. */
  readonly available: () => Promise<number>;
  /** The tree is about to change, in this turn of the event loop. */
  readonly changing: () => void;
  /** A cube that no version has is about to go. */
  readonly drop: (cube: CubeId) => void;
  /** Runs a step when no other changes the manifest. */
  readonly inTurn: <T>(step: () => Promise<T>) => Promise<T>;
}
