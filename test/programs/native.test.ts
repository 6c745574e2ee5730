import { programsOnMount } from './on-mount.js';

programsOnMount('native');
