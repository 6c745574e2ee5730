import { SherinError } from '../../../common/errors.js';

/** The journal is broken: neither a crash nor this software makes it so. */
export function broken(part: string, cause?: unknown): SherinError {
  return new SherinError('JOURNAL_BROKEN', { part }, { cause });
}
