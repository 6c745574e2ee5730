/** W1, import: a tree of 10,000 files of 4 KiB brought in, durable at the end. R5: that tree listed, then read. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { filesOf, randomTree, readThrough, treeHash } from '../material.js';
import { inTurn, type Row, type Samples, seconds } from '../measure.js';
import { dropCaches } from '../places.js';

import type { Part, PartOptions } from './part.js';
import { residentRow } from './resident.js';
import { type OpenStores, withStores } from './stores.js';

const files = 10_000;

export const importTree: Part = async (options) => {
  const rows: Row[] = [];
  await withStores(options, async (stores) => {
    rows.push(...(await importRows(options, stores)), await residentRow('after the import and R5', stores));
  });
  return rows;
};

/** Each round has content of its own: a vault stores equal content once. */
export async function importRows(options: PartOptions, { place, all }: OpenStores): Promise<Row[]> {
  const listed: Samples = new Map(all.map((store) => [store.name, []]));
  const readAll: Samples = new Map(all.map((store) => [store.name, []]));
  const sources = new Map<number, { path: string; hash: string }>();
  const imported = await inTurn(options.rounds, all, async (store, round) => {
    const source = sources.get(round) ?? makeSource(place.path, round);
    sources.set(round, source);
    options.say(`${store.name}: tree, round ${round + 1} (${place.name})`);
    const name = `tree${round}`;
    const time = await seconds(() => store.bring(source.path, name));

    dropCaches();
    const target = store.path(name);
    listed
      .get(store.name)
      ?.push(await seconds(() => void execFileSync('ls', ['-lR', target], { maxBuffer: 1e9 })));
    readAll.get(store.name)?.push(
      await seconds(() => {
        for (const file of filesOf(target)) readThrough(file);
      }),
    );
    if (treeHash(target) !== source.hash) throw new Error(`${store.name} gave other bytes`);
    return time;
  });
  const common = { place: place.name, unit: 's', better: 'less' } as const;
  return [
    { ...common, id: 'W1', work: 'import of 10,000 files of 4 KiB, durable', samples: imported },
    { ...common, id: 'R5', work: '`ls -lR` of that tree, cold', samples: listed },
    { ...common, id: 'R5', work: 'then read all of it', samples: readAll },
  ];
}

function makeSource(parent: string, round: number): { path: string; hash: string } {
  const path = join(parent, `source${round}`);
  randomTree(path, files);
  return { path, hash: treeHash(path) };
}
