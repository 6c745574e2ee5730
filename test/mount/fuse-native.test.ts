import { fuseNativeLimits } from '../../fs/mount/fuse-native/limits.js';
import { mountConformance } from './conformance.js';

mountConformance(fuseNativeLimits);
