import { randomBytes } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, writeSync } from 'node:fs';
import { readdir, rm, statfs } from 'node:fs/promises';
import { SherinError, systemCode } from '../../common/errors.js';
import { asCubeId, type CubeId } from '../../common/ids.js';
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

/** Cubes on their way out. */
const trashFolder = 'cubes/trash';

function trashFailed(cause: unknown): SherinError {
  return new SherinError('IO', { what: 'removing a cube', part: systemCode(cause) ?? 'EIO' }, { cause });
}

/** Bytes of the largest cube file (FORMAT.md, "Cube file"). */
export const largestCube = 4096 + 1024 * 1024;
/** open(2); not among Node's constants. */
const O_PATH = 0o10000000;
/** What answers for a name with nothing behind it, or nothing that a vault has: a link, or a file in a folder's place. */
const nothingThere: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV'];

/** The cube files of one vault, reached beneath its directory descriptor and never through a link. */
export class CubeStore {
  readonly #vaultFd: number;
  #emptying: Promise<unknown> = Promise.resolve();
  /** Counts on before and after a batch gets names; up to where all names are durable. What an earlier run has left may not be. */
  #named = 1;
  #durable = 0;
  /** Batches that get names now: who meets one of their cubes may rely on it before the last of them is counted. */
  #naming = 0;

  constructor(vaultFd: number) {
    this.#vaultFd = vaultFd;
  }

  /**
   * Makes staged cubes durable and gives them their names: one syncfs for all content, the renames, one syncfs for the
   * names. A crash in between leaves temporaries or whole cubes, never part of one. With nothing staged, names that others gave
   * become durable: what is committed next may rely on them.
   */
  async commit(staged: readonly StagedCube[]): Promise<void> {
    await this.place(staged);
    await this.#syncNames();
  }

  /**
   * As {@link commit}, but names become durable with the next commit only: until then nothing that is durable may refer to these
   * cubes. For what is read, and named by no record yet: half the syncs.
   */
  async place(staged: readonly StagedCube[]): Promise<void> {
    if (staged.length === 0) return;
    const before = this.#named;
    await system.syncfs(this.#vaultFd);
    this.#durable = Math.max(this.#durable, before);
    this.#named += 1;
    this.#naming += 1;
    const pairs = staged.map(
      ({ id, temporary }) => [Buffer.from(`cubes/tmp/${temporary}`), Buffer.from(cubePath(id))] as const,
    );
    try {
      await system.renameAll(this.#vaultFd, pairs);
    } catch {
      for (const { id } of staged) this.#clearPlace(id);
      const left = staged.map(({ temporary }) => this.#facts(`cubes/tmp/${temporary}`) !== undefined);
      await system.renameAll(
        this.#vaultFd,
        pairs.filter((_, index) => left[index]),
      );
    } finally {
      this.#named += 1;
      this.#naming -= 1;
    }
  }

  async #syncNames(): Promise<void> {
    const named = this.#named;
    if (this.#durable === named && this.#naming === 0) return;
    await system.syncfs(this.#vaultFd);
    // What another batch has named meanwhile may have come too late for it.
    this.#durable = Math.max(this.#durable, named);
  }

  /** Bytes that may still be stored. @throws ErrnoException */
  async available(): Promise<number> {
    const { bavail, bsize } = await statfs(`/proc/self/fd/${this.#vaultFd}`);
    return bavail * bsize;
  }

  /** Drops a staged cube; never fails: what can not be removed now goes with {@link clean}. */
  discard(temporary: string): void {
    this.#unlink(`cubes/tmp/${temporary}`);
  }

  #unlink(path: string): void {
    try {
      system.unlinkBeneath(this.#vaultFd, Buffer.from(path));
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
    }
  }

  /** Removes what an interrupted run left under temporary names. */
  async clean(): Promise<void> {
    await this.#inFolder('cubes/tmp', async (folder) => {
      // What can not be removed does no harm there.
      for (const name of await readdir(folder))
        await rm(`${folder}/${name}`, { recursive: true, force: true }).catch(() => undefined);
    });
  }

  /** Removes a file or folder below `cubes/tmp/`; what can not be removed goes with {@link clean}. */
  async removeTemporary(name: string): Promise<void> {
    await this.#inFolder('cubes/tmp', (folder) =>
      rm(`${folder}/${name}`, { recursive: true, force: true }).catch(() => undefined),
    );
  }

  /**
   * Moves a cube into quarantine if its file still is the one that was checked.
   * @returns false when another file stands there now, or none, or what stands there can not be moved: it is refused all the same
   */
  async quarantine(id: CubeId, checkedInode: bigint | undefined): Promise<boolean> {
    const facts = this.#facts(cubePath(id));
    if (facts === undefined || (checkedInode !== undefined && facts.ino !== checkedInode)) return false;
    return this.#move(cubePath(id), quarantinePath(id), false);
  }

  /** Moves what stands in a cube's place to a name of its own in quarantine, where no reader looks for it; false where it can not be moved. */
  setAside(id: CubeId): Promise<boolean> {
    return this.#move(cubePath(id), `quarantine/${id}-${randomBytes(4).toString('hex')}.cube`, true);
  }

  /** Moves a cube out of quarantine; false when it is not there. An existing cube of that name is kept. */
  async release(id: CubeId): Promise<boolean> {
    if (this.#facts(quarantinePath(id)) === undefined) return false;
    return this.#move(quarantinePath(id), cubePath(id), true);
  }

  /**
   * Deletes what is in quarantine under this ID, with `shred` after overwriting it; false when it is not there.
   * @throws SherinError SHRED_REFUSED when the bytes have another name, which may be anyone's file
   */
  async purge(id: CubeId, shred: boolean): Promise<boolean> {
    const facts = this.#facts(quarantinePath(id));
    if (facts === undefined) return false;
    if (shred && facts.isFile()) {
      if (facts.nlink !== 1n) throw new SherinError('SHRED_REFUSED', { id });
      await this.#overwrite(quarantinePath(id));
    }
    await this.#inFolder('quarantine', (folder) =>
      rm(`${folder}/${id}.cube`, { recursive: true, force: true }),
    );
    await system.syncfs(this.#vaultFd);
    return true;
  }

  /** Bytes of a cube's file, null when there is none. @throws SherinError DISK_READ */
  size(id: CubeId): number | null {
    const facts = this.#facts(cubePath(id));
    return facts?.isFile() === true ? Number(facts.size) : null;
  }

  /** Removes a cube that nobody ever relied on; never fails: what can not be removed now is for gc. */
  remove(id: CubeId): void {
    this.#unlink(cubePath(id));
  }

  /** Moves a cube out of its place, where no reader finds it any more; false when it is not there. @throws SherinError IO */
  trash(id: CubeId): boolean {
    try {
      system.mkdirBeneath(this.#vaultFd, Buffer.from(trashFolder), 0o700);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw trashFailed(error);
    }
    const to = Buffer.from(`${trashFolder}/${id}.cube`);
    try {
      system.renameBeneath(this.#vaultFd, Buffer.from(cubePath(id)), to, false);
      return true;
    } catch (error) {
      if (nothingThere.includes(systemCode(error))) return false;
      throw trashFailed(error);
    }
  }

  /**
   * Removes what is in the trash, of this or an earlier run. What is not `plain` is overwritten first, unless its bytes have
   * another name, which may be anyone's file.
   * @returns how many were not overwritten for that
   */
  emptyTrash(plain: (id: string) => boolean): Promise<number> {
    // One after another: what one has to overwrite another must not remove before.
    const run = this.#emptying.then(() => this.#emptyTrash(plain));
    this.#emptying = run.catch(() => undefined);
    return run;
  }

  async #emptyTrash(plain: (id: string) => boolean): Promise<number> {
    await system.syncfs(this.#vaultFd);
    let linked = 0;
    // Only these: what comes in meanwhile is of another, who may have to overwrite it.
    const names = await this.#names(trashFolder);
    for (const name of names) {
      const path = `${trashFolder}/${name}`;
      const facts = this.#facts(path);
      if (facts?.isFile() !== true || plain(name.slice(0, -'.cube'.length))) continue;
      if (facts.nlink === 1n) await this.#overwrite(path);
      else linked += 1;
    }
    await this.#inFolder(trashFolder, async (folder) => {
      for (const name of names) await rm(`${folder}/${name}`, { recursive: true, force: true });
    });
    await system.syncfs(this.#vaultFd);
    return linked;
  }

  /** Bytes of a quarantined file, null when it is gone. @throws SherinError DISK_READ */
  quarantinedSize(id: CubeId): number | null {
    const facts = this.#facts(quarantinePath(id));
    return facts === undefined ? null : Number(facts.size);
  }

  /** IDs of every stored cube file whose name has the form of one, in directory order. */
  async *stored(): AsyncIterable<string> {
    for (const folder of [...(await this.#names('cubes'))].sort()) {
      if (!/^[a-z2-7]{2}$/.test(folder)) continue;
      for (const name of await this.#names(`cubes/${folder}`)) {
        if (name.endsWith('.cube')) yield name.slice(0, -'.cube'.length);
      }
    }
  }

  /** Of what is in quarantine as a cube. */
  async quarantined(): Promise<readonly CubeId[]> {
    const names = await this.#names('quarantine');
    return names.flatMap((name) =>
      name.endsWith('.cube') ? (asCubeId(name.slice(0, -'.cube'.length)) ?? []) : [],
    );
  }

  /** What stands at a path of the vault, links not followed; undefined when nothing does. @throws SherinError DISK_READ */
  #facts(path: string): BigIntStats | undefined {
    let fd: number;
    try {
      fd = system.openBeneath(this.#vaultFd, Buffer.from(path), O_PATH | constants.O_NOFOLLOW, 0);
    } catch (error) {
      const code = systemCode(error);
      if (nothingThere.includes(code)) return undefined;
      throw new SherinError('DISK_READ', { what: path, part: code ?? 'EIO' }, { cause: error });
    }
    try {
      return fstatSync(fd, { bigint: true });
    } finally {
      closeSync(fd);
    }
  }

  async #move(from: string, to: string, noReplace: boolean): Promise<boolean> {
    try {
      system.renameBeneath(this.#vaultFd, Buffer.from(from), Buffer.from(to), noReplace);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false;
    }
    await system.syncfs(this.#vaultFd);
    return true;
  }

  /** A directory in the place of a cube is put away: no file can be renamed over it. */
  #clearPlace(id: CubeId): void {
    if (this.#facts(cubePath(id))?.isDirectory() !== true) return;
    const away = Buffer.from(`cubes/tmp/${randomBytes(16).toString('hex')}`);
    system.renameBeneath(this.#vaultFd, Buffer.from(cubePath(id)), away, true);
  }

  /** Runs `use` with a path that leads into a folder of the vault itself, never through a link; nothing where it is none. */
  async #inFolder(name: string, use: (path: string) => Promise<void>): Promise<void> {
    let fd: number;
    try {
      fd = system.openBeneath(
        this.#vaultFd,
        Buffer.from(name),
        constants.O_RDONLY | constants.O_DIRECTORY,
        0,
      );
    } catch (error) {
      if (nothingThere.includes(systemCode(error))) return;
      throw error;
    }
    try {
      await use(`/proc/self/fd/${fd}`);
    } finally {
      closeSync(fd);
    }
  }

  async #names(folder: string): Promise<readonly string[]> {
    let names: readonly string[] = [];
    await this.#inFolder(folder, async (path) => {
      names = await readdir(path);
    });
    return names;
  }

  async #overwrite(path: string): Promise<void> {
    // O_NONBLOCK: something else may have come into its place.
    const flags = constants.O_WRONLY | constants.O_NONBLOCK;
    const fd = system.openBeneath(this.#vaultFd, Buffer.from(path), flags, 0);
    try {
      const size = Math.min(fstatSync(fd).size, largestCube);
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
