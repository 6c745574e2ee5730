import { modelOnMount } from './on-mount.js';

modelOnMount('native', { otherUsers: true });
