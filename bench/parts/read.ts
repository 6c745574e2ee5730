/** R1: a large file read cold, in sequence. R2: the same again, new open, kernel cache kept. M1: memory afterwards. */
import { readThrough } from '../material.js';
import { inTurn, type Row, type Samples, seconds } from '../measure.js';
import { cold } from '../stores/cold.js';
import { EmptyStore } from '../stores/empty.js';
import type { Store } from '../stores/store.js';
import { bringLargeFile, type LargeFile, mebibytes } from './large-file.js';
import type { Part, PartOptions } from './part.js';
import { residentRow } from './resident.js';
import { type OpenStores, withStores } from './stores.js';

export const read: Part = async (options) => {
  const rows: Row[] = [];
  await withStores(options, async (stores) => {
    rows.push(...(await readRows(options, stores)), await residentRow('after R1 and R2', stores));
  });
  return rows;
};

export async function readRows(options: PartOptions, stores: OpenStores): Promise<Row[]> {
  const file = await bringLargeFile('big', options.fileBytes, options, stores);
  const empty = new EmptyStore(await stores.sherin.driver(), file.size);
  await empty.open(stores.place.path);
  try {
    return await readInTurn(options, file, stores, [...stores.all, empty]);
  } finally {
    await empty.close();
  }
}

async function readInTurn(
  options: PartOptions,
  file: LargeFile,
  { place }: OpenStores,
  all: readonly Store[],
): Promise<Row[]> {
  const again: Samples = new Map(all.map((store) => [store.name, []]));
  const first = await inTurn(options.rounds, all, async (store, round) => {
    options.say(`${store.name}: reading, round ${round + 1} (${place.name})`);
    await cold(store);
    const once = await rate(store, file);
    again.get(store.name)?.push(await rate(store, file));
    if (!store.zerosOnly) file.check(store);
    return once;
  });
  const common = { id: 'R1', place: place.name, unit: 'MB/s', better: 'more' } as const;
  const size = mebibytes(file.size);
  return [
    { ...common, work: `cold sequential read, ${size}, requests of 1 MiB`, samples: first },
    { ...common, id: 'R2', work: 'the same again, new open, kernel cache kept', samples: again },
  ];
}

/** MB (10⁶ bytes) a second. */
async function rate(store: Store, { name, size }: LargeFile): Promise<number> {
  let bytes = 0;
  const time = await seconds(() => {
    bytes = readThrough(store.path(name));
  });
  if (bytes !== size) throw new Error(`${store.name} gave ${bytes} bytes of ${size}`);
  return bytes / 1e6 / time;
}
