import { closeSync, constants, statSync, writeSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { SherinError, systemCode } from '../../common/errors.js';
import type { CubeId } from '../../common/ids.js';
import { system } from '../../native/index.js';

/** Path of a cube below the vault directory. */
export function cubePath(id: CubeId): string {
  return `cubes/${id.slice(0, 2)}/${id}.cube`;
}

export function quarantinePath(id: CubeId): string {
  return `quarantine/${id}.cube`;
}

/** A cube written under a temporary name, waiting for its batch. */
export interface StagedCube {
  readonly id: CubeId;
  /** Name below `cubes/tmp/`. */
  readonly temporary: string;
}

function missing(error: unknown): boolean {
  return systemCode(error) === 'ENOENT';
}

/** The cube files of one vault, reached beneath its directory descriptor and never through a link. */
export class CubeStore {
  readonly #vaultFd: number;

  constructor(vaultFd: number) {
    this.#vaultFd = vaultFd;
  }

  #path(relative: string): string {
    return `/proc/self/fd/${this.#vaultFd}/${relative}`;
  }

  /**
   * Makes staged cubes durable and gives them their names: one syncfs for all content, the renames, one syncfs for the
   * names. A crash in between leaves temporaries or whole cubes, never part of one.
   */
  async commit(staged: readonly StagedCube[]): Promise<void> {
    if (staged.length === 0) return;
    await system.syncfs(this.#vaultFd);
    const pairs = staged.map(
      ({ id, temporary }) => [Buffer.from(`cubes/tmp/${temporary}`), Buffer.from(cubePath(id))] as const,
    );
    await system.renameAll(this.#vaultFd, pairs);
    await system.syncfs(this.#vaultFd);
  }

  /** Drops a staged cube. */
  discard(temporary: string): void {
    try {
      system.unlinkBeneath(this.#vaultFd, Buffer.from(`cubes/tmp/${temporary}`));
    } catch (error) {
      if (!missing(error)) throw error;
    }
  }

  /** Removes what an interrupted run left under temporary names. */
  async clean(): Promise<void> {
    for (const name of await readdir(this.#path('cubes/tmp'))) this.discard(name);
  }

  /**
   * Moves a cube into quarantine if its file still is the one that was checked.
   * @returns false when another file stands there now, or none
   */
  async quarantine(id: CubeId, checkedInode: bigint | undefined): Promise<boolean> {
    const inode = await this.#inode(cubePath(id));
    if (inode === undefined || (checkedInode !== undefined && inode !== checkedInode)) return false;
    system.renameBeneath(this.#vaultFd, Buffer.from(cubePath(id)), Buffer.from(quarantinePath(id)), false);
    await system.syncfs(this.#vaultFd);
    return true;
  }

  /** Moves a cube out of quarantine; false when it is not there. An existing cube of that name is kept. */
  async release(id: CubeId): Promise<boolean> {
    if ((await this.#inode(quarantinePath(id))) === undefined) return false;
    system.renameBeneath(this.#vaultFd, Buffer.from(quarantinePath(id)), Buffer.from(cubePath(id)), true);
    await system.syncfs(this.#vaultFd);
    return true;
  }

  /** Deletes a quarantined file, with `shred` after overwriting it; false when it is not there. */
  async purge(id: CubeId, shred: boolean): Promise<boolean> {
    const size = this.quarantinedSize(id);
    if (size === null) return false;
    if (shred) await this.#overwrite(quarantinePath(id), size);
    system.unlinkBeneath(this.#vaultFd, Buffer.from(quarantinePath(id)));
    await system.syncfs(this.#vaultFd);
    return true;
  }

  /** Bytes of a quarantined file, null when it is gone. */
  quarantinedSize(id: CubeId): number | null {
    try {
      return statSync(this.#path(quarantinePath(id))).size;
    } catch (error) {
      if (missing(error)) return null;
      throw new SherinError('DISK_READ', { what: `quarantined cube ${id}`, part: String(error) });
    }
  }

  /** IDs of every stored cube file whose name has the form of one, in directory order. */
  async *stored(): AsyncIterable<string> {
    for (const folder of (await readdir(this.#path('cubes'))).sort()) {
      if (!/^[a-z2-7]{2}$/.test(folder)) continue;
      for (const name of await readdir(this.#path(`cubes/${folder}`))) {
        if (name.endsWith('.cube')) yield name.slice(0, -'.cube'.length);
      }
    }
  }

  async #inode(path: string): Promise<bigint | undefined> {
    try {
      return (await stat(this.#path(path), { bigint: true })).ino;
    } catch (error) {
      if (missing(error)) return undefined;
      throw error;
    }
  }

  async #overwrite(path: string, size: number): Promise<void> {
    const fd = system.openBeneath(this.#vaultFd, Buffer.from(path), constants.O_WRONLY, 0);
    try {
      const zeros = Buffer.alloc(65_536);
      for (let at = 0; at < size; at += zeros.length) {
        writeSync(fd, zeros, 0, Math.min(zeros.length, size - at), at);
      }
      await system.fdatasync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
