/** M1: memory of one sherin-fs after the import of R5's tree, R1 and R2. */
import type { Row } from '../measure.js';
import { importRows } from './import.js';
import type { Part } from './part.js';
import { readRows } from './read.js';
import { residentRow } from './resident.js';
import { withStores } from './stores.js';

export const memory: Part = async (options) => {
  const rows: Row[] = [];
  const sherinOnly = { ...options, peers: [] };
  await withStores(sherinOnly, async (stores) => {
    await importRows(sherinOnly, stores);
    await readRows(sherinOnly, stores);
    rows.push(await residentRow('after import, R1 and R2', stores));
  });
  return rows;
};
