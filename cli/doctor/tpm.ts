/** TPM devices and the software TPM. */
import { accessSync, constants, existsSync } from 'node:fs';
import type { Places } from '../../common/environment.js';
import { findProgram } from '../../common/find-program.js';
import { type Finding, fail, ok, warn } from './finding.js';

const device = '/dev/tpmrm0';

export function tpmDevices({ tcti }: Places): Finding[] {
  if (tcti !== null) return [ok('TPM', `SHERIN_TCTI names ${tcti}`)];
  if (!existsSync(device)) {
    return [
      warn(
        'TPM',
        'no hardware TPM: software (not hardware-protected)',
        'switch the TPM on in the firmware; a software TPM protects copies of the vault directory only',
      ),
    ];
  }
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return [ok('TPM', device)];
  } catch {
    return [fail('TPM', `this user may not use ${device}`, 'usermod -aG tss "$USER", then log in again')];
  }
}

export function softwareTpm({ tcti }: Places): Finding {
  const path = findProgram('swtpm');
  if (path !== undefined) return ok('swtpm', path);
  if (tcti !== null || existsSync(device)) return ok('swtpm', 'missing; not needed with a hardware TPM');
  return fail('swtpm', 'missing, and there is no hardware TPM', 'apt-get install swtpm swtpm-tools');
}
