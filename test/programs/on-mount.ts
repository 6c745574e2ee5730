/** Programs on the mount of a real vault, with swtpm and sherin-fs. */
import { afterAll, beforeAll } from 'vitest';
import { type Driver, OpenVault } from '../vault/open-vault.js';
import { programTests } from './suite.js';

export function programsOnMount(driver: Driver, settle = 0): void {
  const vault = new OpenVault(driver);
  beforeAll(() => vault.start());
  afterAll(() => vault.end());

  programTests({ name: `a mount by ${driver}`, directory: () => vault.files, factor: 0.1, settle });
}
