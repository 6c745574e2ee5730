import type { VaultService } from '../service/service.js';
import type { ControlHandlers } from './server.js';

/** `key.next-boot`. */
export function bootHandlers(service: VaultService): Pick<ControlHandlers, 'key.next-boot'> {
  return { 'key.next-boot': async () => ({ slots: [...(await service.nextBoot())] }) };
}
