import { rm } from 'node:fs/promises';
import { snapshotFolder, takeSnapshot } from '../../backup/snapshot.js';
import type { VaultDirectory } from '../../vault/directory.js';

export interface SnapshotsParts {
  readonly directory: VaultDirectory;
  /** Runs a step while nothing changes, told whether the vault is open. */
  readonly undisturbed: (step: (open: boolean) => Promise<void>) => Promise<void>;
}

/** Copies of manifest, header and journal beside them, for a backup. */
export class Snapshots {
  readonly #parts: SnapshotsParts;

  constructor(parts: SnapshotsParts) {
    this.#parts = parts;
  }

  /** Locked or not. @throws SherinError NO_SPACE, IO, DISK_READ, VAULT_READ_ONLY */
  async take(): Promise<void> {
    const { directory, undisturbed } = this.#parts;
    await directory.requireWritable();
    await undisturbed((open) => takeSnapshot(directory.inside(), directory.inside(snapshotFolder), !open));
  }

  /** Path of a file that goes with it. */
  path(name: string): string {
    return this.#parts.directory.inside(`${snapshotFolder}/${name}`);
  }

  /** Removes it, and what an interrupted run left of one. */
  async drop(): Promise<void> {
    await rm(this.#parts.directory.inside(snapshotFolder), { recursive: true, force: true });
  }
}
