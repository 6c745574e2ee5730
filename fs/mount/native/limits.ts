import type { DriverLimits } from '../driver.js';

/** What the native driver over libfuse 3 can't do: little. */
export const nativeLimits: DriverLimits = {
  name: 'native',
  timeStep: 1,
  timesBefore1970: true,
  callerIdentity: true,
  anyNames: true,
  sharedHardLinks: true,
  directSnapshots: true,
  attributeTimeout: 1_000,
  renameFlags: true,
  ranges: true,
  namelessFiles: true,
};
