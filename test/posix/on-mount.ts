/** The suite on the mount of a real vault, with swtpm and sherin-fs. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { Machine } from '../vault/machine.js';
import type { Place } from './places.js';
import { posixSuite } from './suite.js';

export function posixOnMount(limits: Place): void {
  let machine: Machine;
  beforeAll(() => {
    machine = Machine.empty();
    // The users of the suite are to reach the mount.
    chmodSync(machine.home, 0o755);
    machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
    machine.ok('up', '--driver', limits.name, '--allow-other');
  });
  afterAll(() => machine.end());

  const directory = (): string => join(machine.mount, 'files');
  for (const as of ['root', 'user'] as const) posixSuite({ directory, limits, as });
}
