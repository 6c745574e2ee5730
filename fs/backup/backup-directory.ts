/** The directory of a backup, which is shaped like a vault, held open and locked while it is used. */
import { closeSync, constants, openSync } from 'node:fs';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';
import { localError } from '../../common/local-error.js';
import { makeDirectories } from '../../common/make-directories.js';
import { system } from '../../native/index.js';
import { vaultFolders } from '../vault/directory.js';
import type { Header } from '../vault/header.js';
import { readHeader } from '../vault/header-file.js';

/** What a path answers that leads through a link or something else that is no folder. */
const notFolder: readonly string[] = ['ENOTDIR', 'ELOOP', 'EXDEV'];

export class BackupDirectory {
  /** As given, for people. */
  readonly path: string;
  readonly fd: number;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
  }

  /** Opens and locks a directory. @throws SherinError NOT_DIRECTORY, LOCAL_FILE, BACKUP_BUSY */
  static open(path: string): BackupDirectory {
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    } catch (cause) {
      if (systemCode(cause) === 'ENOTDIR') throw new SherinError('NOT_DIRECTORY', { path }, { cause });
      throw localError(path, cause);
    }
    if (!system.flock(fd)) {
      closeSync(fd);
      throw new SherinError('BACKUP_BUSY', { path });
    }
    return new BackupDirectory(path, fd);
  }

  /** Opens a directory, made if it is missing. */
  static make(path: string): BackupDirectory {
    try {
      makeDirectories(path, 0o700);
    } catch (cause) {
      // What stands there instead is told where it is opened.
      if (systemCode(cause) !== 'EEXIST') throw localError(path, cause);
    }
    return BackupDirectory.open(path);
  }

  /** A path that leads into this very directory. */
  inside(name = ''): string {
    return join(`/proc/self/fd/${this.fd}`, name);
  }

  names(): Promise<string[]> {
    return readdir(this.inside());
  }

  /** The header of the vault that it holds; null where there is none. @throws SherinError HEADER_MALFORMED */
  header(): Promise<Header | null> {
    return readHeader(this.inside(), this.path);
  }

  /** Makes the folders of a vault where they are missing. @throws SherinError BACKUP_OTHER where something else stands in the place of one */
  async makeFolders(): Promise<void> {
    await chmod(this.inside(), 0o700);
    for (const name of vaultFolders) await this.inFolder(name, async () => undefined);
  }

  /**
   * Runs a step with a path that leads into a folder of the directory itself, made if it is missing: never through a link, whoever may
   * write here and whenever. @throws SherinError BACKUP_OTHER where something else stands in its place
   */
  async inFolder<T>(name: string, step: (path: string) => Promise<T>): Promise<T> {
    const fd = this.#folder(name);
    try {
      return await step(`/proc/self/fd/${fd}`);
    } finally {
      closeSync(fd);
    }
  }

  /** Makes an empty file, or leaves the one that is there; nothing is written through a link in its place. */
  async mark(name: string): Promise<void> {
    const flag = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    await writeFile(this.inside(name), '', { mode: 0o600, flag });
  }

  #folder(name: string): number {
    const path = Buffer.from(name);
    try {
      system.mkdirBeneath(this.fd, path, 0o700);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw this.#refused(name, error);
    }
    try {
      return system.openBeneath(this.fd, path, constants.O_RDONLY | constants.O_DIRECTORY, 0);
    } catch (error) {
      throw this.#refused(name, error);
    }
  }

  #refused(name: string, cause: unknown): unknown {
    const code = systemCode(cause);
    if (code === undefined || !notFolder.includes(code)) return cause;
    const part = `a link or file in the place of its folder ${name}`;
    return new SherinError('BACKUP_OTHER', { path: this.path, part }, { cause });
  }

  close(): void {
    closeSync(this.fd);
  }
}
