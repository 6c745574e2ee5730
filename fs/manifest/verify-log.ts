/** The whole log, from the records themselves, against a head, and the tables beside it against the log. */
import { broken } from './database.js';
import type { Log, LogPoint } from './log.js';
import { walkLog } from './walk-log.js';

/**
 * Hashes every record, decodes it, and compares root, full tiles and the list of puts.
 * @throws SherinError MANIFEST_BROKEN
 */
export function verifyLog(
  log: Log,
  head: LogPoint,
  progress: (done: number, total: number) => void = () => {},
): Promise<void> {
  return walkLog(log, head, {
    record: (index, { mutation }) => {
      if (mutation.type === 'put' && !log.listsPut(mutation.inode, index))
        throw broken(`version at record ${index} is not listed`);
    },
    tile: ({ level, index, hashes }) => {
      if (!log.tile(level, index).equals(hashes))
        throw broken(`tile ${level}/${index} is not that of the records`);
    },
    progress,
  });
}
