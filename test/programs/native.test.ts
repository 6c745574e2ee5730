import { programsOnMount } from './on-mount.js';

programsOnMount('native', 0.5);
