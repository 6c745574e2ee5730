import type { Removal } from '../removal.js';
import { auditRemovals } from './audit.js';
import { cubeRemovals } from './cubes.js';
import { daemonRemovals } from './daemon.js';
import { diskRemovals } from './disk.js';
import { keyRemovals } from './keys.js';
import { mountRemovals } from './mount.js';

/** Of every row of the table in SECURITY.md at least one. */
export const removals: readonly Removal[] = [
  ...cubeRemovals,
  ...keyRemovals,
  ...auditRemovals,
  ...mountRemovals,
  ...daemonRemovals,
  ...diskRemovals,
];
