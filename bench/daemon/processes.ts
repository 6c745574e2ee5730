/** M1: memory of sherind and of its bots (proc(5), smaps_rollup). */
import { readdirSync, readFileSync } from 'node:fs';
import type { Row } from '../measure.js';
import type { Served } from './served.js';

export async function processesRow({ client, store, place }: Served): Promise<Row[]> {
  const { pid } = await client.call('system.status');
  const fs = await store.pid();
  const { bots } = await client.call('bot.list');
  const running = bots.filter(({ state }) => state === 'ready').length;
  const below = descendants(pid, fs);
  const row = (field: 'Pss' | 'Rss', what: string): Row => ({
    ...{ id: 'M1', work: `${what} of sherind with ${running} bots`, place: place.name },
    ...{ unit: 'MB', better: 'less' },
    samples: new Map([
      ['sherin', [memory([pid, ...below], field)]],
      ['sherin, sherind alone', [memory([pid], field)]],
      ['sherin, bots alone', [memory(below, field)]],
    ]),
  });
  return [
    row('Pss', 'memory (PSS: what is shared is divided)'),
    row('Rss', 'resident memory (what is shared counts each time)'),
  ];
}

function memory(pids: readonly number[], field: string): number {
  const kibibytes = pids.map((pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1]);
  });
  return (kibibytes.reduce((sum, each) => sum + each, 0) * 1024) / 1e6;
}

/** Processes that a process has started, and those that they have, without one and what is below it. */
function descendants(of: number, without: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const below = (pid: number): number[] =>
    [...parents].flatMap(([child, parent]) =>
      parent === pid && child !== without ? [child, ...below(child)] : [],
    );
  return below(of);
}
