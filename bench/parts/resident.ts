import { readFileSync } from 'node:fs';
import type { Row } from '../measure.js';
import type { OpenStores } from './stores.js';

/** M1: resident memory of sherin-fs now and at its highest (proc(5), VmRSS and VmHWM). */
export async function residentRow(when: string, { place, sherin }: OpenStores): Promise<Row> {
  const status = readFileSync(`/proc/${await sherin.pid()}/status`, 'utf8');
  const megabytes = (field: string): number => {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    return (Number(kibibytes) * 1024) / 1e6;
  };
  return {
    id: 'M1',
    work: `resident memory of sherin-fs ${when}`,
    place: place.name,
    unit: 'MB',
    better: 'less',
    samples: new Map([
      ['sherin', [megabytes('VmRSS')]],
      ['sherin, highest', [megabytes('VmHWM')]],
    ]),
  };
}
