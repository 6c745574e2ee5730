/** R1: a file of 256 MiB read cold, in sequence. R2: the same again, new open, kernel cache kept. M1: memory afterwards. */
import { join } from 'node:path';
import { fileHash, MiB, randomFile, readThrough } from '../material.js';
import { inTurn, type Row, type Samples, seconds } from '../measure.js';
import { dropCaches, type Place } from '../places.js';
import { EmptyStore } from '../stores/empty.js';
import type { Store } from '../stores/store.js';

import type { Part, PartOptions } from './part.js';
import { residentRow } from './resident.js';
import { type OpenStores, withStores } from './stores.js';

const size = 256 * MiB;

export const read: Part = async (options) => {
  const rows: Row[] = [];
  await withStores(options, async (stores) => {
    rows.push(...(await readRows(options, stores)), await residentRow('after R1 and R2', stores));
  });
  return rows;
};

export async function readRows(options: PartOptions, { place, all: stores }: OpenStores): Promise<Row[]> {
  const empty = new EmptyStore(size);
  await empty.open(place.path);
  try {
    return await readInTurn(options, place, [...stores, empty]);
  } finally {
    await empty.close();
  }
}

async function readInTurn(options: PartOptions, place: Place, all: readonly Store[]): Promise<Row[]> {
  const source = join(place.path, 'source');
  randomFile(source, size);
  const expected = fileHash(source);
  for (const store of all) {
    options.say(`${store.name}: bringing in 256 MiB (${place.name})`);
    await store.bring(source, 'big');
  }

  const again: Samples = new Map(all.map((store) => [store.name, []]));
  const cold = await inTurn(options.rounds, all, async (store, round) => {
    options.say(`${store.name}: reading, round ${round + 1} (${place.name})`);
    dropCaches();
    const first = await rate(store);
    again.get(store.name)?.push(await rate(store));
    if (!store.zerosOnly && fileHash(store.path('big')) !== expected)
      throw new Error(`${store.name} gave other bytes`);
    return first;
  });
  const common = { place: place.name, unit: 'MB/s', better: 'more' } as const;
  return [
    { ...common, id: 'R1', work: 'cold sequential read, 256 MiB, requests of 1 MiB', samples: cold },
    { ...common, id: 'R2', work: 'the same again, new open, kernel cache kept', samples: again },
  ];
}

/** MB (10⁶ bytes) a second. */
async function rate(store: Store): Promise<number> {
  let bytes = 0;
  const time = await seconds(() => {
    bytes = readThrough(store.path('big'));
  });
  if (bytes !== size) throw new Error(`${store.name} gave ${bytes} bytes of ${size}`);
  return bytes / 1e6 / time;
}
