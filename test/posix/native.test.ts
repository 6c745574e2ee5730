import { posixOnMount } from './on-mount.js';
import { nativePlace } from './places.js';

posixOnMount('native', nativePlace);
