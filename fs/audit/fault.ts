import { SherinError, systemCode } from '../../common/errors.js';

/** A segment that does not verify, and where. */
export function broken(part: string, cause?: unknown): SherinError {
  return new SherinError('AUDIT_BROKEN', { part }, { cause });
}

/** A write that failed: the event is not recorded. */
export function unwritable(error: unknown): SherinError {
  if (error instanceof SherinError && error.code === 'AUDIT_UNWRITABLE') return error;
  return new SherinError('AUDIT_UNWRITABLE', { part: systemCode(error) ?? String(error) }, { cause: error });
}
