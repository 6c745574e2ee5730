import { nativeLimits } from '../../fs/mount/native/limits.js';
import { mountConformance } from './conformance.js';

mountConformance(nativeLimits);
