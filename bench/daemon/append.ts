/** A1: records that the audit log takes in a second, in groups, each group durable when it is answered. */
import { type Row, seconds } from '../measure.js';
import type { PartOptions } from '../parts/part.js';
import type { Served } from './served.js';

const group = 100;
const groups = 100;
/** As many as sherind has under way at the most (daemon/socket/line-server.ts). */
const together = 32;

export async function appendRow({ rounds, say }: PartOptions, { store, place }: Served): Promise<Row> {
  const values: number[] = [];
  const meta = { component: 'bench', type: 'task_submission', level: 'LOW', decision: 'auto_approved' };
  const events = Array.from({ length: group }, () => ({ event: 'AUDIT_TASK_BENCH', id: null, meta }));
  for (let round = 0; round < rounds; round++) {
    say(`records of the audit log, round ${round + 1} (${place.name})`);
    await store.control(async (client) => {
      let begun = 0;
      const one = async (): Promise<void> => {
        while (begun++ < groups)
          await client.call('audit.append', { entries: [{ events, caller: null }], durable: true });
      };
      const time = await seconds(async () => {
        await Promise.all(Array.from({ length: together }, one));
      });
      values.push((group * groups) / time);
    });
  }
  return {
    ...{ id: 'A1', work: `durable records of the audit log, in groups of ${group}`, place: place.name },
    ...{ unit: 'a second', better: 'more', samples: new Map([['sherin', values]]) },
  };
}
