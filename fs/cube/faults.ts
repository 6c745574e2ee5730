import { cubeFaultWords } from '../../common/cube-faults.js';
import { SherinError } from '../../common/errors.js';
import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import { newerFormat } from '../../common/newer-format.js';
import {
  type CubeFault,
  type CubeReader,
  type CubeRef,
  type CubeResult,
  system,
} from '../../native/index.js';
import { cubeFormat } from './cube-source.js';
import { type CubeStore, cubePath } from './store.js';

export type CubeFailure = Extract<CubeResult, { ok: false }>;

/** No failed verification. */
export type UnreadableFault = Exclude<CubeFailure['fault'], CubeFault>;

/** What the service does when a cube is found bad: mark, record, invalidate. */
export interface FaultSink {
  /** A verification failure; the cube is in quarantine (or its file is gone). Resolves when that is recorded. */
  quarantined(cube: CubeRef, id: CubeId, reason: CubeFault, vertex: number | null): Promise<void>;
  /** A missing cube, a disk error, or one of a newer format: recorded, nothing is moved. */
  unreadable(id: CubeId, fault: UnreadableFault, errno: string | null): Promise<void>;
}

function isVerificationFault(fault: CubeFailure['fault']): fault is CubeFault {
  return fault !== 'missing' && fault !== 'io' && fault !== 'newer';
}

/** The vault was locked meanwhile: nothing is said of the cube. */
function isWiped({ fault, errno }: CubeFailure): boolean {
  return fault === 'io' && errno === 'EWIPED';
}

/** How often a cube that changes under our eyes is looked at again. */
const attempts = 3;

/**
 * The way from a failed read to an answer (FORMAT.md, "Cube file"): read once more past every cache; if it fails again,
 * quarantine the very file that was checked. One process per cube at a time.
 */
export class FaultHandler {
  readonly #reader: CubeReader;
  readonly #store: CubeStore;
  readonly #sink: FaultSink;
  readonly #running = new Map<CubeId, Promise<CubeFailure | null>>();

  constructor(reader: CubeReader, store: CubeStore, sink: FaultSink) {
    this.#reader = reader;
    this.#store = store;
    this.#sink = sink;
  }

  /**
   * @returns when a second look found the cube good: the caller reads again
   * @throws SherinError CUBE_FAILED, CUBE_MISSING, FORMAT_NEWER, DISK_READ, LOCKED
   */
  async handle(cube: CubeRef, failure: CubeFailure): Promise<void> {
    const id = cubeIdFromBytes(cube.id);
    let running = this.#running.get(id);
    if (running === undefined) {
      running = this.#settle(cube, id, failure).finally(() => this.#running.delete(id));
      this.#running.set(id, running);
    }
    const final = await running;
    if (final !== null) throw faultError(id, final);
  }

  async #settle(cube: CubeRef, id: CubeId, first: CubeFailure): Promise<CubeFailure | null> {
    let failure = first;
    for (let attempt = 0; attempt < attempts && isVerificationFault(failure.fault); attempt++) {
      const scratch = Buffer.alloc(cube.length);
      const again = await this.#reader.read(cube, 0, cube.length, scratch, 0, {
        fresh: true,
      });
      system.wipe(scratch);
      if (again.ok) return null;
      failure = again;
      if (!isVerificationFault(again.fault)) break;
      if (await this.#store.quarantine(id, again.inode)) {
        this.#reader.drop(cube.id);
        await this.#sink.quarantined(cube, id, again.fault, again.vertex ?? null);
        return again;
      }
    }
    if (isWiped(failure)) return failure;
    if (isVerificationFault(failure.fault)) {
      await this.#sink.quarantined(cube, id, failure.fault, failure.vertex ?? null);
    } else await this.#sink.unreadable(id, failure.fault, failure.errno ?? null);
    return failure;
  }
}

const words: Record<CubeFault, string> = cubeFaultWords;

/** A sentence part for a verification fault. */
export function faultWords(fault: CubeFault, vertex: number | null = null): string {
  return vertex === null ? words[fault] : `${words[fault]}, vertex ${vertex}`;
}

function faultError(id: CubeId, failure: CubeFailure): SherinError {
  if (isWiped(failure)) return new SherinError('LOCKED');
  if (failure.fault === 'missing') return new SherinError('CUBE_MISSING', { id });
  if (failure.fault === 'io') {
    return new SherinError('DISK_READ', { what: `cube ${id}`, part: failure.errno ?? 'EIO' });
  }
  if (failure.fault === 'newer') return newerFormat(cubePath(id), failure.version ?? 0, cubeFormat);
  return new SherinError('CUBE_FAILED', { id, part: faultWords(failure.fault, failure.vertex ?? null) });
}
