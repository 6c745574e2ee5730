/** What programs write at the mount of a real vault, with every driver; what a driver can't do stands in its table of limits. */
import { afterAll, beforeAll, describe } from 'vitest';
import { fuseNativeLimits } from '../../fs/mount/fuse-native/limits.js';
import { nativeLimits } from '../../fs/mount/native/limits.js';
import { attributeTests } from './writing/attributes.js';
import { contentTests } from './writing/content.js';
import { nameTests } from './writing/names.js';
import { remountTests } from './writing/remount.js';
import { WritableVault } from './writing/writable-vault.js';

describe.each([nativeLimits, fuseNativeLimits])('writing, driver $name', (limits) => {
  const vault = new WritableVault(limits);
  beforeAll(() => vault.start());
  afterAll(() => vault.end());

  nameTests(vault, limits);
  contentTests(vault, limits);
  attributeTests(vault, limits);
  remountTests(vault, limits);
});
