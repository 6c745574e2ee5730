/** Cubes that arrive as files from elsewhere: a backup, a vault that is copied, quarantine. */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, write } from 'node:fs';
import { promisify } from 'node:util';
import { SherinError, systemCode } from '../../common/errors.js';
import { type CubeId, cubeIdToBytes } from '../../common/ids.js';
import { type CubeResult, scrubCube, system } from '../../native/index.js';
import { CubeStore, cubePath, type StagedCube } from './store.js';

const writeAt = promisify(write);

/** Bytes that wait for their names at most. */
const batchBytes = 128 * 1024 * 1024;

/**
 * Takes cubes into a directory that is shaped like a vault. They are written into a folder below `cubes/tmp/` that has such a shape
 * itself, so that whoever checks cubes of a vault can check them there, and get their names like all others: what was checked is what is
 * renamed, and a crash leaves temporaries or whole cubes.
 */
export class ReceivedCubes {
  /** Descriptor of the folder that cubes wait in; `cubes/…` lies beneath it as in a vault. */
  readonly fd: number;
  readonly #target: number;
  readonly #store: CubeStore;
  readonly #folder: string;
  readonly #folders = new Set<string>();
  #accepted: StagedCube[] = [];
  #bytes = 0;

  private constructor(target: number, folder: string, fd: number) {
    this.#target = target;
    this.#store = new CubeStore(target);
    this.#folder = folder;
    this.fd = fd;
  }

  /** @param target descriptor of the directory that cubes are taken into; stays the caller's. @throws SherinError NO_SPACE, IO */
  static open(target: number): ReceivedCubes {
    const folder = randomBytes(16).toString('hex');
    return guarded(() => {
      for (const path of ['cubes', 'cubes/tmp', `cubes/tmp/${folder}`, `cubes/tmp/${folder}/cubes`])
        need(target, path);
      const flags = constants.O_RDONLY | constants.O_DIRECTORY;
      const fd = system.openBeneath(target, Buffer.from(`cubes/tmp/${folder}`), flags, 0);
      return new ReceivedCubes(target, folder, fd);
    });
  }

  /** Writes a cube file's bytes where it can be checked; {@link accept} or {@link refuse} follows. @throws SherinError NO_SPACE, IO */
  async stage(id: CubeId, bytes: Buffer): Promise<void> {
    const path = cubePath(id);
    const fd = guarded(() => {
      this.#needFolder(id);
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      return system.openBeneath(this.fd, Buffer.from(path), flags, 0o600);
    });
    try {
      for (let at = 0; at < bytes.length; )
        at += (await writeAt(fd, bytes, at, bytes.length - at, at)).bytesWritten;
    } catch (error) {
      this.refuse(id);
      throw writeError(error);
    } finally {
      closeSync(fd);
    }
  }

  /** Without keys: shape, ciphertext, signature. */
  scrub(id: CubeId, uuid: Buffer, publicKey: Buffer): Promise<CubeResult> {
    return scrubCube(this.fd, cubeIdToBytes(id), uuid, publicKey);
  }

  /** A staged cube that was found good waits for {@link commit}. @param bytes on disk. @returns whether so much waits that it is due */
  accept(id: CubeId, bytes: number): boolean {
    this.#accepted.push({ id, temporary: `${this.#folder}/${cubePath(id)}` });
    this.#bytes += bytes;
    return this.#bytes >= batchBytes;
  }

  /** Drops a staged cube. */
  refuse(id: CubeId): void {
    this.#store.discard(`${this.#folder}/${cubePath(id)}`);
  }

  /** Gives all that were accepted their names, durably. @returns their IDs. @throws SherinError NO_SPACE, IO */
  async commit(): Promise<readonly CubeId[]> {
    const accepted = this.#accepted;
    [this.#accepted, this.#bytes] = [[], 0];
    try {
      for (const folder of new Set(accepted.map(({ id }) => `cubes/${id.slice(0, 2)}`)))
        need(this.#target, folder);
      await this.#store.commit(accepted);
    } catch (error) {
      throw writeError(error);
    }
    return accepted.map(({ id }) => id);
  }

  /** Ends it; what was not committed goes with the next cleaning of `cubes/tmp/`, at the latest. */
  async close(): Promise<void> {
    closeSync(this.fd);
    await this.#store.removeTemporary(this.#folder);
  }

  #needFolder(id: CubeId): void {
    const folder = `cubes/${id.slice(0, 2)}`;
    if (this.#folders.has(folder)) return;
    need(this.fd, folder);
    this.#folders.add(folder);
  }
}

/** Makes a directory unless it is there. */
function need(beneath: number, path: string): void {
  try {
    system.mkdirBeneath(beneath, Buffer.from(path), 0o700);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw writeError(error);
  }
}

function writeError(cause: unknown): unknown {
  const code = systemCode(cause);
  if (code === undefined) return cause;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SherinError('NO_SPACE', { what: 'the cubes' }, { cause });
  return new SherinError('IO', { what: 'writing cubes', part: code }, { cause });
}
