/** D1 to D3: submissions to sherind. A1: the audit log. M1: memory of sherind with bots. */
import { appendRow } from '../daemon/append.js';
import { processesRow } from '../daemon/processes.js';
import { Served } from '../daemon/served.js';
import { submitRows } from '../daemon/submits.js';
import type { Row } from '../measure.js';
import { places } from '../places.js';
import type { Part } from './part.js';

/** Bots that come along and that tasks of others need; the three of M1. */
const others = ['calculations', 'coding', 'knowledge'];

export const daemon: Part = async (options) => {
  const rows: Row[] = [];
  for (const place of places()) {
    try {
      await Served.run(place, options.driver, async (served) => {
        for (const bot of others) await served.client.call('bot.stop', { bot });
        rows.push(...(await processesRow(served)));
        await served.host();
        rows.push(...(await submitRows(options, served)), await appendRow(options, served));
      });
    } finally {
      place.remove();
    }
  }
  return rows;
};
