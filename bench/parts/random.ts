/** R3: every 4 KiB of a file once, cold, in a random order, by 1 and 4 readers. R4: the same in 64 KiB and in 1 MiB. */
import { MiB } from '../material.js';
import { inTurn, type Row } from '../measure.js';
import { type RandomRead, randomRead } from '../program.js';
import { cold } from '../stores/cold.js';
import type { Store } from '../stores/store.js';
import { bringLargeFile, type LargeFile, mebibytes } from './large-file.js';
import type { Part, PartOptions } from './part.js';
import { residentRow } from './resident.js';
import { type OpenStores, withStores } from './stores.js';

type Shape = Omit<RandomRead, 'seed'> & { readonly id: 'R3' | 'R4' };

const shapes: readonly Shape[] = [
  { id: 'R3', block: 4096, readers: 1, pinned: false },
  { id: 'R3', block: 4096, readers: 1, pinned: true },
  { id: 'R3', block: 4096, readers: 4, pinned: false },
  { id: 'R3', block: 4096, readers: 4, pinned: true },
  { id: 'R4', block: 65_536, readers: 1, pinned: false },
  { id: 'R4', block: 65_536, readers: 1, pinned: true },
  { id: 'R4', block: MiB, readers: 1, pinned: false },
  { id: 'R4', block: MiB, readers: 1, pinned: true },
];

export const random: Part = async (options) => {
  const rows: Row[] = [];
  await withStores(options, async (stores) => {
    rows.push(...(await randomRows(options, stores)), await residentRow('after R3 and R4', stores));
  });
  return rows;
};

export async function randomRows(options: PartOptions, stores: OpenStores): Promise<Row[]> {
  const file = await bringLargeFile('random', options.fileBytes, options, stores);
  const rows: Row[] = [];
  for (const shape of shapes) rows.push(await randomRow(options, stores, file, shape));
  return rows;
}

async function randomRow(
  options: PartOptions,
  { place, all }: OpenStores,
  file: LargeFile,
  shape: Shape,
): Promise<Row> {
  const work = describe(shape, file);
  options.say(`${work} (${place.name})`);
  const samples = await inTurn(options.rounds, all, (store, round) =>
    readOnce(store, file, { ...shape, seed: round }),
  );
  const unit = shape.id === 'R3' ? 'reads/s' : 'MB/s';
  return { id: shape.id, work, place: place.name, unit, better: 'more', samples };
}

function describe({ block, readers, pinned }: Shape, { size }: LargeFile): string {
  const request = block < MiB ? `${block / 1024} KiB` : mebibytes(block);
  const who = `${readers} reader${readers === 1 ? '' : 's'}${pinned ? ' on CPU 0' : ''}`;
  return `cold random ${request}, all of ${mebibytes(size)}, ${who}`;
}

/** Reads a second at 4 KiB, else MB (10⁶ bytes) a second. What was read is then checked. */
export async function readOnce(store: Store, file: LargeFile, how: RandomRead): Promise<number> {
  await cold(store);
  const { ops, bytes, seconds } = await randomRead(store.path(file.name), how);
  if (bytes !== file.size) throw new Error(`${store.name} gave ${bytes} bytes of ${file.size}`);
  file.check(store);
  return how.block === 4096 ? ops / seconds : bytes / 1e6 / seconds;
}
