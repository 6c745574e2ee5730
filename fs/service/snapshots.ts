import { rm } from 'node:fs/promises';
import { snapshotFolder, takeSnapshot } from '../backup/snapshot.js';

export interface SnapshotsParts {
  /** Path of a name in the vault. */
  readonly inside: (name?: string) => string;
  /** Runs a step while nothing changes, told whether the vault is open. */
  readonly undisturbed: (step: (open: boolean) => Promise<void>) => Promise<void>;
}

/** Copies of manifest, header and journal beside them, for a backup. */
export class Snapshots {
  readonly #parts: SnapshotsParts;

  constructor(parts: SnapshotsParts) {
    this.#parts = parts;
  }

  /** Locked or not. @throws SherinError NO_SPACE, IO, DISK_READ */
  async take(): Promise<void> {
    const { inside, undisturbed } = this.#parts;
    await undisturbed((open) => takeSnapshot(inside(), inside(snapshotFolder), !open));
  }

  /** Path of a file that goes with it. */
  path(name: string): string {
    return this.#parts.inside(`${snapshotFolder}/${name}`);
  }

  /** Removes it, and what an interrupted run left of one. */
  async drop(): Promise<void> {
    await rm(this.#parts.inside(snapshotFolder), { recursive: true, force: true });
  }
}
