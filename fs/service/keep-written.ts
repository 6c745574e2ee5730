import type { Logger } from '../../common/log.js';
import { within } from '../mount/within.js';
import type { Mounting } from './mounting.js';
import type { Session } from './session.js';

/** What sealing may take at a lock. */
const keepMs = 20_000;

/** Seals what programs have written, pages that only the kernel has included; a disk that hangs keeps nobody from locking for longer than `keepMs`. */
export async function keepWritten({ writing }: Session, mounting: Mounting, log: Logger): Promise<void> {
  if (writing.idle) return;
  const keep = async (): Promise<true> => {
    await mounting.invalidate('all');
    await writing.keep();
    return true;
  };
  try {
    if ((await within(keep(), keepMs)) !== undefined) return;
    log.error({ seconds: keepMs / 1000 }, 'what programs have written could not be sealed in time');
  } catch (error) {
    log.error({ err: error }, 'what programs have written could not be sealed');
  }
}
