import { SherinError, systemCode } from '../../common/errors.js';

/** What the codec, a disk or the manifest said while something was sealed. */
export function sealFault(error: unknown): SherinError {
  if (error instanceof SherinError) return error;
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SherinError('NO_SPACE', { what: 'what was written' }, { cause: error });
  }
  if (code === 'EWIPED') return new SherinError('LOCKED', {}, { cause: error });
  return new SherinError('IO', { what: 'sealing what was written', part: code ?? 'EIO' }, { cause: error });
}
