/** The folder of the journal, and where segments are kept that were refused. */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fdatasyncSync, fstatSync, linkSync, readdirSync, writeSync } from 'node:fs';
import { SherinError, systemCode } from '../../../common/errors.js';
import { system } from '../../../native/index.js';
import { headBytes, lastSegment } from './segment-head.js';

const folder = 'journal';
const keptFolder = 'quarantine';
const segmentName = /^[0-9]{8}\.journal$/;
const keptName = /^[0-9]{8}-[0-9a-f]{8}\.journal$/;
/** Whatever has the name of a segment: nothing is waited for, no link is followed. */
const asFile = constants.O_NOFOLLOW | constants.O_NONBLOCK;
const zeros = Buffer.alloc(1024 * 1024);

function digits(number: number): string {
  return String(number).padStart(8, '0');
}

function pathOf(number: number): Buffer {
  return Buffer.from(`${folder}/${digits(number)}.journal`);
}

export class JournalFolder {
  readonly #vaultFd: number;
  /** Of what has the name of a segment at first, ascending. */
  readonly numbers: readonly number[];

  /** @throws NativeError, ErrnoException when it is not there and can not be made, or not read */
  constructor(vaultFd: number) {
    this.#vaultFd = vaultFd;
    for (const name of [folder, keptFolder]) {
      try {
        system.mkdirBeneath(vaultFd, Buffer.from(name), 0o700);
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
      }
    }
    this.numbers = this.#names(folder)
      .filter((name) => segmentName.test(name))
      .map((name) => Number(name.slice(0, 8)))
      .sort((a, b) => a - b);
  }

  /** Path of a segment below the vault, for people. */
  shown(number: number): string {
    return pathOf(number).toString();
  }

  /** Names of segments that are kept. */
  kept(): string[] {
    return this.#names(keptFolder).filter((name) => keptName.test(name));
  }

  /** Opens what has the name of a segment, to read; null: it can not be opened as a file. @throws SherinError DISK_READ */
  open(number: number): number | null {
    return this.#open(pathOf(number).toString(), constants.O_RDONLY);
  }

  /** Makes the file of a segment with this number, or the next one that is free. @throws NativeError ENOSPC, EIO; SherinError IO */
  create(from: number): { readonly number: number; readonly fd: number } {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    for (let number = from; number <= lastSegment; number++) {
      try {
        return { number, fd: system.openBeneath(this.#vaultFd, pathOf(number), flags, 0o600) };
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
      }
    }
    throw new SherinError('IO', { what: 'a new segment of the journal', part: 'no number is left' });
  }

  /**
   * Removes a segment. Its head is overwritten before, without which it has no key, and with `all` every byte, unless it has another name.
   * @returns false where it can not be removed now, or not be overwritten with `all`: it goes with one of the next times
   */
  remove(number: number, all = false): boolean {
    const path = pathOf(number).toString();
    return this.#unlessUnreadable(() => {
      const overwritten = this.#overwrite(path, all);
      if (all && !overwritten && !this.isKept(number)) return false;
      return this.#unlink(path);
    });
  }

  /** Overwrites and removes what is kept. @returns how many could not be */
  removeKept(): number {
    const paths = this.kept().map((name) => `${keptFolder}/${name}`);
    const remove = (path: string): boolean => this.#overwrite(path, true) && this.#unlink(path);
    return paths.filter((path) => !this.#unlessUnreadable(() => remove(path))).length;
  }

  /** Moves a segment to where it is kept. @returns its path there; null where it can not be moved */
  setAside(number: number): string | null {
    const kept = this.#keptPath(number);
    try {
      system.renameBeneath(this.#vaultFd, pathOf(number), Buffer.from(kept), true);
      return kept;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return null;
    }
  }

  /** Whether a segment is kept, under a second name. @throws SherinError DISK_READ */
  isKept(number: number): boolean {
    const fd = this.open(number);
    if (fd === null) return false;
    try {
      return fstatSync(fd).nlink > 1;
    } finally {
      closeSync(fd);
    }
  }

  /** Keeps a segment that is still needed, by a second name. */
  keep(number: number): boolean {
    const from = this.#openFolder(folder);
    const to = this.#openFolder(keptFolder);
    try {
      const name = this.#keptPath(number).slice(keptFolder.length + 1);
      linkSync(`/proc/self/fd/${from}/${digits(number)}.journal`, `/proc/self/fd/${to}/${name}`);
      return true;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false;
    } finally {
      closeSync(from);
      closeSync(to);
    }
  }

  sync(): Promise<void> {
    return system.syncfs(this.#vaultFd);
  }

  /** The names of segments are durable when it resolves. */
  async syncNames(): Promise<void> {
    const fd = this.#openFolder(folder);
    try {
      await system.fdatasync(fd);
    } finally {
      closeSync(fd);
    }
  }

  #keptPath(number: number): string {
    return `${keptFolder}/${digits(number)}-${randomBytes(4).toString('hex')}.journal`;
  }

  /** Runs a step that removes something. @returns false too where the disk does not open it now */
  #unlessUnreadable(step: () => boolean): boolean {
    try {
      return step();
    } catch (error) {
      if (error instanceof SherinError) return false;
      throw error;
    }
  }

  /** @returns false where it could not be, or must not. @throws SherinError DISK_READ */
  #overwrite(path: string, all: boolean): boolean {
    const fd = this.#open(path, constants.O_WRONLY);
    if (fd === null) return false;
    try {
      const facts = fstatSync(fd);
      if (!facts.isFile() || facts.nlink !== 1) return false;
      const end = Math.min(facts.size, all ? facts.size : headBytes);
      for (let at = 0; at < end; ) at += writeSync(fd, zeros, 0, Math.min(zeros.length, end - at), at);
      fdatasyncSync(fd);
      return true;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false;
    } finally {
      closeSync(fd);
    }
  }

  #unlink(path: string): boolean {
    try {
      system.unlinkBeneath(this.#vaultFd, Buffer.from(path));
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      return code === 'ENOENT';
    }
    return true;
  }

  /** @throws SherinError DISK_READ */
  #open(path: string, flags: number): number | null {
    try {
      return system.openBeneath(this.#vaultFd, Buffer.from(path), flags | asFile, 0);
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      if (code === 'EIO' || code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM')
        throw new SherinError('DISK_READ', { what: path, part: code }, { cause: error });
      return null;
    }
  }

  #names(name: string): string[] {
    const fd = this.#openFolder(name);
    try {
      return readdirSync(`/proc/self/fd/${fd}`);
    } finally {
      closeSync(fd);
    }
  }

  #openFolder(name: string): number {
    return system.openBeneath(
      this.#vaultFd,
      Buffer.from(name),
      constants.O_RDONLY | constants.O_DIRECTORY,
      0,
    );
  }
}
