/** The folder of the copy of the log, in a vault or in a backup, by the descriptor of the directory it is in. */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, readdirSync } from 'node:fs';
import { SherinError, systemCode } from '../../common/errors.js';
import { system } from '../../native/index.js';

export const logFolder = 'log';
const segmentName = /^[0-9]{8}\.log$/;
/** Whatever has the name of a segment: nothing is waited for, no link is followed. */
const asFile = constants.O_NOFOLLOW | constants.O_NONBLOCK;
const nothingThere: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV', 'ENXIO'];

/** The file of a segment, below the folder. */
export function segmentFile(number: number): string {
  return `${String(number).padStart(8, '0')}.log`;
}

/** Path below the vault, for people and for the addon. */
export function segmentPath(number: number): string {
  return `${logFolder}/${segmentFile(number)}`;
}

export class LogFolder {
  readonly #directory: number;

  constructor(directory: number) {
    this.#directory = directory;
  }

  /** Makes the folder where there is none. @throws NativeError ENOSPC, EIO… */
  make(): void {
    try {
      system.mkdirBeneath(this.#directory, Buffer.from(logFolder), 0o700);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }

  /** Numbers of what has the name of a segment, ascending. @throws SherinError DISK_READ */
  numbers(): number[] {
    const fd = this.#folder();
    if (fd === null) return [];
    try {
      const names = readdirSync(`/proc/self/fd/${fd}`).filter((name) => segmentName.test(name));
      return names.map((name) => Number(name.slice(0, 8))).sort((a, b) => a - b);
    } catch (error) {
      throw unreadable(logFolder, error);
    } finally {
      closeSync(fd);
    }
  }

  /** Opens a segment to read; null where there is no file with its name. @throws SherinError DISK_READ */
  open(number: number): number | null {
    return this.#open(segmentPath(number), constants.O_RDONLY | asFile);
  }

  /** Makes the file of a segment. @throws NativeError EEXIST, ENOSPC, EIO */
  create(number: number): number {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    return system.openBeneath(this.#directory, Buffer.from(segmentPath(number)), flags, 0o600);
  }

  /** @throws NativeError EIO, EROFS… */
  remove(number: number): void {
    try {
      system.unlinkBeneath(this.#directory, Buffer.from(segmentPath(number)));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }

  /** Moves a segment to quarantine. @returns its path there; null where it can not be moved */
  setAside(number: number): string | null {
    const kept = `quarantine/${String(number).padStart(8, '0')}-${randomBytes(4).toString('hex')}.log`;
    try {
      system.renameBeneath(this.#directory, Buffer.from(segmentPath(number)), Buffer.from(kept), true);
      return kept;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return null;
    }
  }

  /** The names of segments are durable when it resolves. */
  async syncNames(): Promise<void> {
    const fd = this.#folder();
    if (fd === null) return;
    try {
      await system.fdatasync(fd);
    } finally {
      closeSync(fd);
    }
  }

  #folder(): number | null {
    return this.#open(logFolder, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  #open(path: string, flags: number): number | null {
    try {
      return system.openBeneath(this.#directory, Buffer.from(path), flags, 0);
    } catch (error) {
      if (nothingThere.includes(systemCode(error))) return null;
      throw unreadable(path, error);
    }
  }
}

function unreadable(what: string, error: unknown): unknown {
  const part = systemCode(error);
  return part === undefined ? error : new SherinError('DISK_READ', { what, part }, { cause: error });
}
