import { posixOnMount } from './on-mount.js';
import { fuseNativePlace } from './places.js';

posixOnMount('fuse-native', fuseNativePlace);
