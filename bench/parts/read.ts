/** R1: a large file read cold, in sequence. R2: the same again, new open, kernel cache kept. M1: memory afterwards. */
import { inTurn, median, type Row, type Samples } from '../measure.js';
import { sequentialRead } from '../program.js';
import { cold } from '../stores/cold.js';
import { EmptyStore } from '../stores/empty.js';
import type { Store } from '../stores/store.js';
import { bringLargeFile, type LargeFile, mebibytes } from './large-file.js';
import type { Part, PartOptions } from './part.js';
import { residentRow } from './resident.js';
import { type OpenStores, withStores } from './stores.js';

/** Readings of what is in memory, a round: short ones, of which the median is kept. */
const timesAgain = 5;

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
    const all = [...stores.all, empty];
    return [
      ...(await readInTurn(options, file, stores, all, false)),
      ...(await readInTurn(options, file, stores, all, true)),
    ];
  } finally {
    await empty.close();
  }
}

async function readInTurn(
  options: PartOptions,
  file: LargeFile,
  { place }: OpenStores,
  all: readonly Store[],
  pinned: boolean,
): Promise<Row[]> {
  const again: Samples = new Map(all.map((store) => [store.name, []]));
  const first = await inTurn(options.rounds, all, async (store, round) => {
    options.say(`${store.name}: reading, round ${round + 1} (${place.name})`);
    await cold(store);
    const once = await rate(store, file, pinned);
    const more: number[] = [];
    for (let time = 0; time < timesAgain; time++) more.push(await rate(store, file, pinned));
    again.get(store.name)?.push(median(more));
    if (!store.zerosOnly) file.check(store);
    return once;
  });
  const common = { place: place.name, unit: 'MB/s', better: 'more' } as const;
  const size = mebibytes(file.size);
  const who = pinned ? ', reader on CPU 0' : '';
  return [
    {
      ...common,
      id: 'R1',
      work: `cold sequential read, ${size}, requests of 1 MiB${who}`,
      samples: first,
    },
    { ...common, id: 'R2', work: `the same again, new open, kernel cache kept${who}`, samples: again },
  ];
}

/** MB (10⁶ bytes) a second. */
async function rate(store: Store, { name, size }: LargeFile, pinned: boolean): Promise<number> {
  const { bytes, seconds } = await sequentialRead(store.path(name), pinned);
  if (bytes !== size) throw new Error(`${store.name} gave ${bytes} bytes of ${size}`);
  return bytes / 1e6 / seconds;
}
