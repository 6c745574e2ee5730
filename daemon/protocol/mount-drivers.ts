/** Mount drivers (docs/decisions/0008-native-driver.md). */
export const mountDrivers = ['native', 'fuse-native'] as const;
export type MountDriverName = (typeof mountDrivers)[number];
