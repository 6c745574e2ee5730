/** Requests, grants and results at the mount of a vault that users share, with every driver. */
import { afterAll, beforeAll, describe } from 'vitest';
import { fuseNativeLimits } from '../../fs/mount/fuse-native/limits.js';
import { nativeLimits } from '../../fs/mount/native/limits.js';
import { botTests } from './tasks/bots.js';
import { byIdTests } from './tasks/by-id.js';
import { inboxTests } from './tasks/inbox.js';
import { SharedVault } from './tasks/shared-vault.js';

describe.runIf(process.getuid?.() === 0).each([nativeLimits, fuseNativeLimits])(
  'tasks, driver $name',
  (limits) => {
    const vault = new SharedVault(limits);
    beforeAll(() => vault.start());
    afterAll(() => vault.end());

    inboxTests(vault, limits);
    botTests(vault, limits);
    byIdTests(vault, limits);
  },
);
