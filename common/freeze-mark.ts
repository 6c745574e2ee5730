import { closeSync, constants, fsyncSync, lstatSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from './errors.js';

/**
 * The mark of a freeze that sherind has been told of and the vault does not have yet: an empty file beside sherind's database. sherin-fs looks
 * for it when it starts and at each opening of the vault, whoever started it; sherind alone makes and removes it.
 */
export class FreezeMark {
  readonly #directory: string;

  /** @param directory of sherind for one vault, see `Places.daemonState` */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** One that can't be looked for counts as there. */
  get there(): boolean {
    try {
      lstatSync(this.#path);
      return true;
    } catch (error) {
      return !['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
    }
  }

  /** Durable when it returns. @throws Error of the system */
  set(): void {
    const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants;
    synced(this.#path, O_WRONLY | O_CREAT | O_NOFOLLOW);
    this.#keep();
  }

  /** Durable when it returns; harmless where there is none. @throws Error of the system */
  clear(): void {
    if (!this.there) return;
    rmSync(this.#path, { force: true });
    this.#keep();
  }

  get #path(): string {
    return join(this.#directory, 'freeze');
  }

  #keep(): void {
    synced(this.#directory, constants.O_RDONLY | constants.O_DIRECTORY);
  }
}

function synced(path: string, flags: number): void {
  const fd = openSync(path, flags, 0o600);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
