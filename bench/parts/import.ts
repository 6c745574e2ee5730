/** W1, import: a tree of files of 4 KiB brought in, durable at the end. R5: that tree listed, then read. */
import { inTurn, type Row, type Samples, seconds } from '../measure.js';
import { listThenRead, makeTree, type SourceTree } from './listed-tree.js';
import type { Part, PartOptions } from './part.js';
import { residentRow } from './resident.js';
import { type OpenStores, withStores } from './stores.js';

export const importTree: Part = async (options) => {
  const rows: Row[] = [];
  await withStores(options, async (stores) => {
    rows.push(...(await importRows(options, stores)), await residentRow('after the import and R5', stores));
  });
  return rows;
};

/** Each round has content of its own: a vault stores equal content once. */
export async function importRows(options: PartOptions, { place, all }: OpenStores): Promise<Row[]> {
  const none = (): Samples => new Map(all.map((store) => [store.name, []]));
  const [listed, readAll, listedPinned, readAllPinned] = [none(), none(), none(), none()];
  const sources = new Map<number, SourceTree>();
  const imported = await inTurn(options.rounds, all, async (store, round) => {
    const source = sources.get(round) ?? makeTree(place.path, `source${round}`, options.files);
    sources.set(round, source);
    options.say(`${store.name}: tree, round ${round + 1} (${place.name})`);
    const name = `tree${round}`;
    const time = await seconds(() => store.bring(source.path, name));
    const times = await listThenRead(store, name, source);
    listed.get(store.name)?.push(times.listed);
    readAll.get(store.name)?.push(times.read);
    const pinned = await listThenRead(store, name, source, true);
    listedPinned.get(store.name)?.push(pinned.listed);
    readAllPinned.get(store.name)?.push(pinned.read);
    return time;
  });
  const common = { place: place.name, unit: 's', better: 'less' } as const;
  const count = options.files.toLocaleString('en-US');
  return [
    { ...common, id: 'W1', work: `import of ${count} files of 4 KiB, durable`, samples: imported },
    { ...common, id: 'R5', work: '`ls -lR` of that tree, cold', samples: listed },
    { ...common, id: 'R5', work: 'then read all of it', samples: readAll },
    { ...common, id: 'R5', work: '`ls -lR` of that tree, cold, on CPU 0', samples: listedPinned },
    { ...common, id: 'R5', work: 'then read all of it, on CPU 0', samples: readAllPinned },
  ];
}
