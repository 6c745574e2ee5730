/** Node, locked memory, the admin group, disk space. */
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Places } from '../../common/environment.js';
import { keyMemoryBytes, lockLimit } from '../../common/key-memory.js';
import { formatBytes } from '../output/units.js';
import { type Finding, fail, ok, warn } from './finding.js';

/** Locked memory that keys and the cache of verified vertices want, in bytes. */
const wantedLock = 8 * 1024 * 1024;
const scarceDisk = 1024 * 1024 * 1024;
const noDisk = 64 * 1024 * 1024;

export function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const text = `Node.js ${process.versions.node}`;
  if (major > 20 || (major === 20 && minor >= 19)) return ok('node', text);
  return fail('node', `${text} is too old`, 'install Node.js 20.19 or later');
}

/** sherin-fs raises its limit as far as it may. */
export function memoryLock(): Finding {
  const bytes = lockLimit('hard');
  const text = bytes === Number.POSITIVE_INFINITY ? 'unlimited' : `at most ${formatBytes(bytes)}`;
  const fix = 'raise memlock in /etc/security/limits.conf, and log in anew';
  if (bytes < keyMemoryBytes)
    return fail(
      'locked memory',
      `${text}: no vault opens, for keys need ${formatBytes(keyMemoryBytes)}`,
      fix,
    );
  if (bytes >= wantedLock) return ok('locked memory', text);
  return warn('locked memory', `${text}: part of the cache can be swapped`, fix);
}

export function admins(): Finding {
  const line = readOrEmpty('/etc/group')
    .split('\n')
    .find((row) => row.startsWith('sherin-admin:'));
  if (line === undefined) {
    return warn(
      'admins',
      'there is no group sherin-admin: only root is an administrator',
      'groupadd --system sherin-admin',
    );
  }
  return ok('admins', `group sherin-admin: ${line.split(':')[3] || 'no members'}`);
}

export function diskSpace({ vault }: Places): Finding {
  let place = vault;
  while (!existsSync(place)) place = dirname(place);
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  const text = `${formatBytes(free)} free at ${place}`;
  if (free >= scarceDisk) return ok('disk space', text);
  const fix = 'free some space, or move the vault to a larger disk';
  return free >= noDisk ? warn('disk space', text, fix) : fail('disk space', text, fix);
}

export function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
