import type { DriverLimits } from '../driver.js';

/** Bytes of the largest read request. */
export const maxRead = 131_072;

/** What fuse-native 2.2.6 over libfuse 2.9 can't do, and what follows. */
export const fuseNativeLimits: DriverLimits = {
  name: 'fuse-native',
  timeStep: 1,
  timesBefore1970: true,
  callerIdentity: false,
  anyNames: false,
  sharedHardLinks: false,
  directSnapshots: false,
  attributeTimeout: 1_000,
  renameFlags: false,
  ranges: false,
  namelessFiles: false,
};
