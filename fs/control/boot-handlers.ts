import type { VaultService } from '../service/service.js';
import type { ControlHandlers } from './server.js';

type Handlers = Pick<ControlHandlers, 'key.next-boot' | 'key.pin-lockout'>;

/** What the TPM says of itself and of the next boot; no key is needed. */
export function bootHandlers(service: VaultService): Handlers {
  return {
    'key.next-boot': async () => ({ slots: [...(await service.tpm.nextBoot())] }),
    'key.pin-lockout': async () => ({ password: await service.tpm.hasLockoutPassword() }),
  };
}
