/** G1: how the time of R5 and R3 grows with the number of files and the size of the file. K2's growth is in the part `manifest`. */
import { rmSync } from 'node:fs';
import { inTurn, type Row, type Samples } from '../measure.js';
import { bringLargeFile, mebibytes } from './large-file.js';
import { listThenRead, makeTree } from './listed-tree.js';
import { growing, type Part, type PartOptions } from './part.js';
import { readOnce } from './random.js';
import { type OpenStores, withStores } from './stores.js';
import { straightLine } from './straight-line.js';

export const growth: Part = async (all) => {
  const options = { ...all, peers: all.peers.filter((peer) => peer === 'gocryptfs') };
  const rows: Row[] = [];
  await withStores(options, async (stores) => {
    rows.push(...(await growthOfTrees(options, stores)), ...(await growthOfFiles(options, stores)));
  });
  return rows;
};

/** R5 at several numbers of files. */
async function growthOfTrees(options: PartOptions, stores: OpenStores): Promise<Row[]> {
  const { place, all } = stores;
  const sizes = growing(options.files, 10, options);
  const rows: Row[] = [];
  for (const files of sizes) {
    const name = `growth${files}`;
    const source = makeTree(place.path, `source-${name}`, files);
    for (const store of all) {
      options.say(`${store.name}: bringing in ${files} files (${place.name})`);
      await store.bring(source.path, name);
    }
    rmSync(source.path, { recursive: true });
    const samples = await inTurn(options.rounds, all, async (store, round) => {
      options.say(`${store.name}: ${files} files, round ${round + 1} (${place.name})`);
      const { listed, read } = await listThenRead(store, name, source);
      return listed + read;
    });
    const count = files.toLocaleString('en-US');
    const work = `\`ls -lR\` and read all, cold, ${count} files of 4 KiB`;
    rows.push({ id: 'G1', work, place: place.name, unit: 's', better: 'less', samples });
  }
  const line = straightLine(sizes, rows, (count) => `${count.toLocaleString('en-US')} files`);
  return [...rows, line];
}

/** R3 with one reader at several sizes of the file. */
async function growthOfFiles(options: PartOptions, stores: OpenStores): Promise<Row[]> {
  const { place, all } = stores;
  const sizes = growing(options.fileBytes, 4, options);
  const rows: Row[] = [];
  for (const size of sizes) {
    const file = await bringLargeFile(`growth-${mebibytes(size)}`, size, options, stores);
    const rates = await inTurn(options.rounds, all, (store, round) => {
      options.say(`${store.name}: ${mebibytes(size)}, round ${round + 1} (${place.name})`);
      return readOnce(store, file, { block: 4096, readers: 1, pinned: false, seed: round });
    });
    const samples: Samples = new Map(
      [...rates].map(([name, values]) => [name, values.map((rate) => size / 4096 / rate)]),
    );
    const work = `cold random 4 KiB, all of ${mebibytes(size)}, 1 reader`;
    rows.push({ id: 'G1', work, place: place.name, unit: 's', better: 'less', samples });
  }
  return [...rows, straightLine(sizes, rows, mebibytes)];
}
