/** The heap of a sherind that was started to be looked into: what lives there once all garbage is gone. */
import { join } from 'node:path';
import { until } from '../../vault/wait.js';
import type { Sherind } from '../sherind.js';

/** For its environment. */
export const lookedInto = { NODE_OPTIONS: `--require=${join(import.meta.dirname, 'heap.cjs')}` };

/** Bytes of objects and of buffers that are in use. */
export async function heapOf(sherind: Sherind): Promise<number> {
  const said = () => [...sherind.log.matchAll(/^heap: (\d+) bytes$/gm)].map(([, bytes]) => Number(bytes));
  const before = said().length;
  process.kill(sherind.pid, 'SIGUSR2');
  await until('it was not started to be looked into', () => said().length > before);
  return said().at(-1) ?? 0;
}
