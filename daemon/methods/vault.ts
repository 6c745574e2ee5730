import { SherinError } from '../../common/errors.js';
import type { FsLink } from '../fs-link.js';
import type { DaemonHandlers } from '../socket/dispatch.js';
import { onBehalf } from './on-behalf.js';

/** `vault.*`: passed on. */
export function vaultHandlers(
  fs: FsLink,
): Pick<DaemonHandlers, 'vault.lock' | 'vault.unlock' | 'vault.scrub'> {
  let scrubbing = false;
  return {
    'vault.lock': (_, caller) => fs.call('lock', { caller: onBehalf(caller) }),
    'vault.unlock': (_, caller) => fs.call('unlock', { slot: 'tpm', caller: onBehalf(caller) }),
    'vault.scrub': async (_, caller) => {
      if (scrubbing) throw new SherinError('BUSY', { what: 'a scrub' });
      scrubbing = true;
      try {
        const { cubes, failed } = await fs.callAlone('scrub', { caller: onBehalf(caller) });
        return { cubes, failed };
      } finally {
        scrubbing = false;
      }
    },
  };
}
