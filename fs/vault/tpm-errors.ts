/** TPM and transport failures in the words of the error table. */
import { SherinError, systemCode } from '../../common/errors.js';
import type { NativeError } from '../../native/index.js';

/** Response codes without their parameter, handle and session numbers (TPM 2.0 Part 2, 6.6). */
const Response = {
  authFail: 0x08e,
  policyFail: 0x09d,
  integrity: 0x09f,
  badAuth: 0x0a2,
  policy: 0x126,
  lockout: 0x921,
} as const;

export type TpmRefusal = keyof typeof Response;

/** Which of the answers that Sherin tells apart the TPM gave. */
export function tpmRefusal(error: unknown): TpmRefusal | null {
  if (systemCode(error) !== 'ETPM') return null;
  const code = (error as NativeError).tpm;
  if (code === undefined) return null;
  // format-one codes carry in bits 8–11 and 6 which parameter, handle or session it was
  const base = (code & 0x80) !== 0 ? code & 0xbf : code;
  const found = Object.entries(Response).find(([, value]) => value === base);
  return found === undefined ? null : (found[0] as TpmRefusal);
}

/** The connection failed, not the command: nobody knows whether the command ran. */
export function isTransportFailure(error: unknown): boolean {
  const transport = [
    'ECONNRESET',
    'ECONNREFUSED',
    'ENOENT',
    'ENXIO',
    'ENODEV',
    'EPIPE',
    'ETIMEDOUT',
    'EIO',
    'EBUSY',
  ];
  return transport.includes(systemCode(error) ?? '');
}

/** Any failure of a TPM call as a SherinError; others pass unchanged. */
export function tpmError(error: unknown, tcti: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const { message, syscall = 'a command' } = error as NativeError;
  if (code === 'EPRIMARY') return new SherinError('TPM_PRIMARY_CHANGED', {}, { cause: error });
  if (code === 'EACCES' || code === 'EPERM' || isTransportFailure(error))
    return new SherinError('TPM_MISSING', { tcti: `${tcti} (${code})` }, { cause: error });
  if (tpmRefusal(error) === 'lockout')
    return new SherinError('TPM_LOCKOUT', { part: 'sherinctl why says when it heals' }, { cause: error });
  return new SherinError('TPM_FAILED', { command: syscall, part: message }, { cause: error });
}
