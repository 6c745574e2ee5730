/** A mount of a real vault, with swtpm and sherin-fs, against a plain directory. */
import { afterAll, beforeAll } from 'vitest';
import { type Driver, OpenVault } from '../vault/open-vault.js';
import { type Disturbance, type ModelTest, modelTests } from './suite.js';

/** What the driver's own limits take away. */
type Limits = Pick<ModelTest, 'otherUsers' | 'without' | 'utf8' | 'except'>;

export function modelOnMount(driver: Driver, limits: Limits): void {
  const vault = new OpenVault(driver);
  beforeAll(() => vault.start());
  afterAll(() => vault.end());

  const disturbances: Disturbance[] = [
    {
      name: 'locked and unlocked',
      share: 0.2,
      between: async (step, release) => {
        if (step % 20 !== 19) return;
        // What has no name lives in memory, which is wiped.
        await release('removed');
        await vault.lockAndUnlock();
      },
    },
    {
      name: 'killed and mounted again',
      share: 0.1,
      between: async (step, release) => {
        if (step % 30 !== 29) return;
        await release('all');
        await vault.killAndMount();
      },
    },
    {
      name: 'sealed, and forgotten by the kernel',
      share: 0.2,
      between: async (step) => {
        if (step % 10 !== 9) return;
        // Of files that nobody holds open the content is in their last version alone then.
        if (step % 20 === 9) await vault.machine.call('snapshot', {});
        vault.dropCaches();
      },
    },
  ];
  if (driver === 'native')
    disturbances.push({
      name: 'handed to another sherin-fs',
      share: 0.2,
      between: async (step) => {
        if (step % 20 === 19) await vault.machine.call('upgrade', {});
      },
    });
  modelTests({ name: `a mount by ${driver}`, directory: () => vault.files, ...limits, disturbances });
}
