/** The vault directory, held open and locked for as long as the vault is served. */
import { closeSync, constants, openSync } from 'node:fs';
import { access, chmod, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';
import { system } from '../../native/index.js';
import { syncDirectory } from '../disk/durable.js';

/** Folders of FORMAT.md, "Directory", parents first. */
export const vaultFolders = ['cubes', 'cubes/tmp', 'audit', 'quarantine'] as const;

export class VaultDirectory {
  /** Absolute name as given; for people only. */
  readonly path: string;
  readonly fd: number;
  #closed = false;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
  }

  /**
   * Opens without following a link, checks who may write, takes the lock.
   * @throws SherinError VAULT_MISSING, VAULT_UNSAFE, VAULT_BUSY
   */
  static async open(path: string): Promise<VaultDirectory> {
    let fd: number;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') throw new SherinError('VAULT_MISSING', { path }, { cause: error });
      const part =
        code === 'ELOOP' || code === 'ENOTDIR'
          ? 'it is a link or no directory'
          : `it can not be opened (${code})`;
      throw new SherinError('VAULT_UNSAFE', { path, part }, { cause: error });
    }
    const directory = new VaultDirectory(path, fd);
    try {
      await directory.#checkOwner();
      if (!system.flock(fd)) throw new SherinError('VAULT_BUSY', { path });
      return directory;
    } catch (error) {
      directory.close();
      throw error;
    }
  }

  /**
   * The directory that another process has opened and locked; it stays locked for as long as either has it.
   * @throws SherinError VAULT_UNSAFE, VAULT_BUSY
   */
  static async adopt(path: string, fd: number): Promise<VaultDirectory> {
    const directory = new VaultDirectory(path, fd);
    await directory.#checkOwner();
    if (!system.flock(fd)) throw new SherinError('VAULT_BUSY', { path });
    return directory;
  }

  /** A path that leads into this very directory, whatever happens to its name. */
  inside(name = ''): string {
    return join(`/proc/self/fd/${this.fd}`, name);
  }

  /** @throws SherinError VAULT_READ_ONLY: its file system takes no change */
  async requireWritable(): Promise<void> {
    try {
      await access(this.inside(), constants.W_OK);
    } catch (cause) {
      if (systemCode(cause) !== 'EROFS') return;
      throw new SherinError('VAULT_READ_ONLY', { path: this.path }, { cause });
    }
  }

  names(): Promise<string[]> {
    return readdir(this.inside());
  }

  /** Makes the folders of a vault, durably and private. */
  async makeFolders(): Promise<void> {
    await chmod(this.inside(), 0o700);
    for (const name of vaultFolders) await mkdir(this.inside(name), { mode: 0o700 });
    for (const name of ['', 'cubes']) await syncDirectory(this.inside(name));
  }

  /** Removes all that is inside: for a vault that was never finished, in a directory that was empty before. */
  async empty(): Promise<void> {
    for (const name of await this.names()) await rm(this.inside(name), { recursive: true, force: true });
  }

  /** Gives up the lock. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.fd);
  }

  async #checkOwner(): Promise<void> {
    const facts = await stat(this.inside());
    const unsafe = (part: string): SherinError => new SherinError('VAULT_UNSAFE', { path: this.path, part });
    if (facts.uid !== process.geteuid?.() && facts.uid !== 0) throw unsafe(`uid ${facts.uid} owns it`);
    if ((facts.mode & 0o022) !== 0) throw unsafe('others may write into it');
  }
}
