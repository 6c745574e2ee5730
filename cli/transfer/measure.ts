/** Counts what an import will read, beside the import itself, so that a bar can show its end. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Problems } from './problems.js';
import { type Forbidden, inodeKey, type Source, walk } from './source.js';

/** Files looked at between two turns of the event loop. */
const stride = 500;

/** Bytes of regular files below the sources, hard links once; null when `stopped` said so first. */
export async function measure(
  sources: readonly Source[],
  forbidden: Forbidden,
  stopped: () => boolean,
): Promise<number | null> {
  const linked = new Set<string>();
  // The import itself reports what can not be read.
  const ignored = new Problems();
  let bytes = 0;
  let looked = 0;
  for (const source of sources) {
    for (const { stat } of walk(source, '', forbidden, ignored)) {
      if (++looked % stride === 0) await nextTurn();
      if (stopped()) return null;
      if (!stat.isFile()) continue;
      if (stat.nlink > 1n) {
        if (linked.has(inodeKey(stat))) continue;
        linked.add(inodeKey(stat));
      }
      bytes += Number(stat.size);
    }
  }
  return bytes;
}
