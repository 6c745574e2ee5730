/** A large file in every store, and what each gives back of it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileHash, MiB, randomFile } from '../material.js';
import type { Store } from '../stores/store.js';
import type { PartOptions } from './part.js';
import type { OpenStores } from './stores.js';

export interface LargeFile {
  /** Its name in the stores. */
  readonly name: string;
  readonly size: number;
  /** @throws Error where a store gives other bytes than were brought in */
  readonly check: (store: Store) => void;
}

/** Brings a file of random content into all stores. */
export async function bringLargeFile(
  name: string,
  size: number,
  { say }: PartOptions,
  { place, all }: OpenStores,
): Promise<LargeFile> {
  const source = join(place.path, `source-${name}`);
  randomFile(source, size);
  const expected = fileHash(source);
  for (const store of all) {
    say(`${store.name}: bringing in ${mebibytes(size)} (${place.name})`);
    await store.bring(source, name);
  }
  rmSync(source);
  const check = (store: Store): void => {
    if (fileHash(store.path(name)) !== expected) throw new Error(`${store.name} gave other bytes`);
  };
  return { name, size, check };
}

/** `256 MiB`, `1 GiB`. */
export function mebibytes(size: number): string {
  const whole = size / MiB;
  return whole % 1024 === 0 ? `${whole / 1024} GiB` : `${whole} MiB`;
}
