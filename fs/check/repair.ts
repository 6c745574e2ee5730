/**
 * Gets cubes back that versions need: from their own place, a wrong folder, quarantine, or a backup. Only what verifies is taken.
 * Under a shared hold of the cube lock.
 */
import { SherinError } from '../../common/errors.js';
import { type CubeId, cubeIdFromBytes, cubeIdToBytes } from '../../common/ids.js';
import { CubeReader, type CubeRef, type CubeResult, system } from '../../native/index.js';
import { readCubeFile, readFileOfCube } from '../cube/cube-source.js';
import { ReceivedCubes } from '../cube/received-cubes.js';
import { quarantinePath } from '../cube/store.js';
import type { Session } from '../service/session/session.js';
import type { Lack } from './disk.js';
import type { MisplacedCube } from './stored-files.js';

/** Where a good copy was found. */
export type RepairedFrom = 'place' | 'folder' | 'quarantine' | 'backup';

export interface RepairParts {
  readonly session: Session;
  readonly vaultFd: number;
  readonly uuid: Buffer;
  readonly publicKey: Buffer;
  readonly misplaced: readonly MisplacedCube[];
  /** Descriptor of a backup's directory, which another process has passed. */
  readonly backup: number | null;
}

type Fault = Extract<CubeResult, { ok: false }>['fault'];

interface Candidate {
  readonly from: RepairedFrom;
  readonly bytes: () => Promise<Buffer | null>;
  /** Path below the vault of a file that is of no use once its cube is back. */
  readonly used?: string;
}

export class Repair {
  readonly #parts: RepairParts;
  readonly #received: ReceivedCubes;
  readonly #reader: CubeReader;
  readonly #waiting = new Map<CubeId, Candidate>();
  /** What stands in their places looks newer. */
  readonly #newer = new Set<CubeId>();
  readonly repaired = new Map<CubeId, RepairedFrom>();
  /** What was wrong with the copies of a cube that were found. */
  readonly refused = new Map<CubeId, Fault>();

  constructor(parts: RepairParts) {
    this.#parts = parts;
    const { uuid, session, vaultFd } = parts;
    this.#received = ReceivedCubes.open(vaultFd);
    const options = { cacheBytes: 0, threads: 1, uuid, wholeCubes: false };
    this.#reader = new CubeReader({ ...options, vaultFd: this.#received.fd });
    this.#reader.resume(session.keyring);
  }

  /** Tries one cube. @throws SherinError LOCKED, NO_SPACE, IO, DISK_READ */
  async cube(cube: CubeRef, lack: Lack): Promise<void> {
    const id = cubeIdFromBytes(cube.id);
    if (lack !== 'missing' && (await this.#isGoodInPlace(cube, id))) {
      await this.#heal([id]);
      this.repaired.set(id, 'place');
      return;
    }
    for (const candidate of this.#candidates(id)) {
      const bytes = await candidate.bytes().catch((error: unknown) => this.#unreadable(id, error));
      if (bytes === null) continue;
      if (await this.#take(cube, id, bytes)) {
        if (!(await this.#clear(id))) return;
        this.refused.delete(id);
        this.#waiting.set(id, candidate);
        if (this.#received.accept(id, bytes.length)) await this.#commit();
        return;
      }
    }
  }

  /** Gives what was found its place. @throws as {@link cube} */
  done(): Promise<void> {
    return this.#commit();
  }

  async close(): Promise<void> {
    await this.#reader.stop();
    await this.#received.close();
  }

  *#candidates(id: CubeId): Iterable<Candidate> {
    const { misplaced, backup, vaultFd } = this.#parts;
    for (const { path } of misplaced.filter((cube) => cube.id === id))
      yield { from: 'folder', bytes: () => readFileOfCube(vaultFd, path, id), used: path };
    const quarantine = quarantinePath(id);
    yield { from: 'quarantine', bytes: () => readFileOfCube(vaultFd, quarantine, id), used: quarantine };
    if (backup !== null) yield { from: 'backup', bytes: () => readCubeFile(backup, id) };
  }

  /** A copy that its disk does not give is none. */
  #unreadable(id: CubeId, error: unknown): null {
    if (!(error instanceof SherinError && error.code === 'DISK_READ')) throw error;
    this.refused.set(id, 'io');
    return null;
  }

  /** What stands in the place and does not verify goes to quarantine, as after a failed read. */
  async #isGoodInPlace(cube: CubeRef, id: CubeId): Promise<boolean> {
    const { session, publicKey } = this.#parts;
    const result = await session.reader.verify(cube, publicKey);
    if (result.ok) return true;
    if (result.fault === 'missing' || result.fault === 'signature') return false;
    if (result.fault === 'newer') {
      // It stays, unless there is a copy that verifies: who wants a good one is not to be told that this is one.
      this.#newer.add(id);
      this.refused.set(id, 'newer');
      return false;
    }
    if (session.isQuarantined(id)) {
      await session.store.quarantine(id, result.inode);
      return false;
    }
    try {
      await session.faults.handle(cube, result);
      return true;
    } catch (error) {
      if (error instanceof SherinError && error.code !== 'LOCKED') return false;
      throw error;
    }
  }

  /** What looks newer is kept: it may be of a later program where the manifest was taken back behind that. */
  async #clear(id: CubeId): Promise<boolean> {
    if (!this.#newer.has(id) || (await this.#parts.session.store.setAside(id))) return true;
    this.#received.refuse(id);
    return false;
  }

  /** Checks bytes without keys, then with them, where nobody can exchange them for others. */
  async #take(cube: CubeRef, id: CubeId, bytes: Buffer): Promise<boolean> {
    const { uuid, publicKey } = this.#parts;
    await this.#received.stage(id, bytes);
    let result = await this.#received.scrub(id, uuid, publicKey);
    if (result.ok) result = await this.#reader.verify(cube, publicKey);
    if (result.ok) return true;
    this.#received.refuse(id);
    if (result.fault === 'io' && result.errno === 'EWIPED') throw new SherinError('LOCKED');
    this.refused.set(id, result.fault);
    return false;
  }

  async #commit(): Promise<void> {
    const ids = await this.#received.commit();
    await this.#heal(ids);
    for (const id of ids) {
      const candidate = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (candidate === undefined) continue;
      this.repaired.set(id, candidate.from);
      this.refused.delete(id);
      if (candidate.used !== undefined) this.#drop(candidate.used);
    }
  }

  async #heal(ids: readonly CubeId[]): Promise<void> {
    const { session } = this.#parts;
    const recorded = ids.filter((id) => session.manifest.tree.quarantined(id) !== undefined);
    if (recorded.length > 0) {
      await session.commitHeld(() => recorded.map((cube) => ({ type: 'heal', cube }) as const));
    }
    for (const id of ids) session.reader.drop(cubeIdToBytes(id));
    await session.healed(ids);
  }

  #drop(path: string): void {
    try {
      system.unlinkBeneath(this.#parts.vaultFd, Buffer.from(path));
    } catch {
      // The next check names it.
    }
  }
}
