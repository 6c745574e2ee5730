/** Whether the TPM's lockout keeps who guesses a PIN from guessing on. */
import { reason } from '../../common/local-error.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { ControlResult, Status } from '../../daemon/protocol/control.js';
import type { Session } from '../session.js';
import { type Finding, ok, warn } from './finding.js';

/** Nothing where no slot has a PIN, or its TPM is the vault's own software one: who reaches that has its files. */
export async function pinLockout(
  client: ControlClient,
  { vault, tpm }: Status,
  { places }: Session,
): Promise<Finding[]> {
  if (!vault.slots.some(({ pin }) => pin) || (tpm.kind === 'software' && places.tcti === null)) return [];
  try {
    return [finding(await client.call('key.pin-lockout', {}))];
  } catch (error) {
    // Whatever the TPM says to it, the other findings stay.
    return [warn('PIN', `the lockout of its TPM can not be asked for: ${reason(error)}`, 'sherinctl why')];
  }
}

function finding({ password }: ControlResult<'key.pin-lockout'>): Finding {
  if (password) return ok('PIN', "the TPM's lockout has a password: nobody else ends it before its time");
  return warn(
    'PIN',
    "the TPM's lockout has no password: whoever may use the TPM can have it forget wrong PINs, and guess on",
    'tpm2_changeauth -c lockout file:FILE, with the password in FILE, and keep that with the recovery key',
  );
}
