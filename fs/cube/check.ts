import { asCubeId, type CubeId, cubeIdToBytes } from '../../common/ids.js';
import { type CubeReader, type CubeRef, scrubCube } from '../../native/index.js';
import type { CubeFailure } from './faults.js';

/** Cubes checked side by side. */
const inFlight = 4;

export interface CheckedCube {
  readonly id: CubeId;
  readonly cube: CubeRef;
}

/**
 * Checks cubes, a few at a time; `report` gets each failure.
 * @returns how many were checked before the end or cancellation
 */
export async function checkCubes(
  reader: CubeReader,
  publicKey: Buffer,
  cubes: Iterable<CheckedCube>,
  report: (checked: CheckedCube, failure: CubeFailure) => Promise<void>,
  step: (bytes: number) => boolean,
): Promise<number> {
  let count = 0;
  await sideBySide(cubes, async (value) => {
    const result = await reader.verify(value.cube, publicKey);
    if (!result.ok) await report(value, result);
    count += 1;
    return step(value.cube.length);
  });
  return count;
}

/** The stored cubes of a vault, and the public key that they are signed under. */
export interface StoredCubes {
  readonly store: { stored(): AsyncIterable<string> };
  readonly vaultFd: number;
  readonly uuid: Buffer;
  readonly publicKey: Buffer;
}

/**
 * Checks every stored cube without keys, a few at a time; `report` gets the file name and fault of each failure.
 * @param expected how many there should be; asked once, as it is costly
 * @returns how many were checked before the end or cancellation
 */
export async function scrubCubes(
  { store, vaultFd, uuid, publicKey }: StoredCubes,
  expected: () => number,
  report: (name: string, fault: string) => void,
  step: (done: number, total: number) => boolean,
): Promise<number> {
  const total = expected();
  let count = 0;
  await sideBySide(store.stored(), async (name) => {
    const id = asCubeId(name);
    const result =
      id === undefined
        ? ({ ok: false, fault: 'malformed' } as const)
        : await scrubCube(vaultFd, cubeIdToBytes(id), uuid, publicKey);
    if (!result.ok) report(name, result.fault);
    count += 1;
    return step(count, Math.max(count, total));
  });
  return count;
}

/** Gives the values to a few workers that each take the next one, until `check` says false or the values end. */
export async function sideBySide<T>(
  values: Iterable<T> | AsyncIterable<T>,
  check: (value: T) => Promise<boolean>,
): Promise<void> {
  const source = Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
  let more = true;
  const worker = async (): Promise<void> => {
    while (more) {
      const next = await source.next();
      if (next.done === true || !more) return;
      more = await check(next.value).then(
        (wanted) => wanted && more,
        (error: unknown) => {
          more = false;
          throw error;
        },
      );
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: inFlight }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
