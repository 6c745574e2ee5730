import type { CubeId } from '../../common/ids.js';
import type { CubeReader, CubeRef } from '../../native/index.js';
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
  const source = cubes[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = source.next(); next.done !== true; next = source.next()) {
      const { value } = next;
      const result = await reader.verify(value.cube, publicKey);
      if (!result.ok) await report(value, result);
      count += 1;
      if (!step(value.cube.length)) return;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return count;
}
