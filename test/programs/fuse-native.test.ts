import { fuseNativeLimits } from '../../fs/mount/fuse-native/limits.js';
import { programsOnMount } from './on-mount.js';

// Each name of a file has attributes of its own in the kernel for that long.
programsOnMount('fuse-native', (1.2 * fuseNativeLimits.attributeTimeout) / 1000);
