/** The suite on the mount of a real vault, with swtpm and sherin-fs. */
import { afterAll, beforeAll } from 'vitest';
import { type Driver, OpenVault } from '../vault/open-vault.js';
import type { Place } from './limit.js';
import { posixSuite } from './suite.js';

export function posixOnMount(driver: Driver, limits: Place): void {
  const vault = new OpenVault(driver);
  beforeAll(() => vault.start());
  afterAll(() => vault.end());

  const directory = (): string => vault.files;
  for (const as of ['root', 'user'] as const) posixSuite({ directory, limits, as });
}
