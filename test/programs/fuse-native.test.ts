import { programsOnMount } from './on-mount.js';

programsOnMount('fuse-native', 0.1);
