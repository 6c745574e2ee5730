/** The directory of a backup, which is shaped like a vault, held open and locked while it is used. */
import { closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';
import { system } from '../../native/index.js';
import type { Header } from '../vault/header.js';
import { readHeader } from '../vault/header-file.js';

export class BackupDirectory {
  /** As given, for people. */
  readonly path: string;
  readonly fd: number;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
  }

  /** Opens and locks a directory. @throws SherinError LOCAL_FILE, BACKUP_BUSY */
  static open(path: string): BackupDirectory {
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    } catch (cause) {
      throw new SherinError('LOCAL_FILE', { path, part: systemCode(cause) ?? 'EIO' }, { cause });
    }
    if (!system.flock(fd)) {
      closeSync(fd);
      throw new SherinError('BACKUP_BUSY', { path });
    }
    return new BackupDirectory(path, fd);
  }

  /** Opens a directory, made if it is missing. */
  static async make(path: string): Promise<BackupDirectory> {
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new SherinError('LOCAL_FILE', { path, part: systemCode(cause) ?? 'EIO' }, { cause });
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

  async makeFolders(): Promise<void> {
    await chmod(this.inside(), 0o700);
    for (const name of ['cubes', 'cubes/tmp', 'audit', 'quarantine'])
      await mkdir(this.inside(name), { recursive: true, mode: 0o700 });
  }

  /** True where it is that directory, or lies in it or around it. */
  overlaps(other: number): boolean {
    const [mine, its] = [fstatSync(this.fd), fstatSync(other)];
    if (mine.dev === its.dev && mine.ino === its.ino) return true;
    const [here, there] = [this.fd, other].map((fd) => `${readlinkSync(`/proc/self/fd/${fd}`)}/`);
    return here !== undefined && there !== undefined && (here.startsWith(there) || there.startsWith(here));
  }

  close(): void {
    closeSync(this.fd);
  }
}
