/** M1: memory of one sherin-fs after R1 to R5, now and at its highest. */
import type { Row } from '../measure.js';
import { importRows } from './import.js';
import type { Part } from './part.js';
import { randomRows } from './random.js';
import { readRows } from './read.js';
import { residentRow } from './resident.js';
import { withStores } from './stores.js';

export const memory: Part = async (options) => {
  const rows: Row[] = [];
  const sherinOnly = { ...options, peers: [] };
  await withStores(sherinOnly, async (stores) => {
    const own = { ...stores, all: [stores.sherin] };
    await readRows(sherinOnly, own);
    await randomRows(sherinOnly, own);
    await importRows(sherinOnly, own);
    rows.push(await residentRow('after R1 to R5', stores));
  });
  return rows;
};
