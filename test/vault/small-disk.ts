/** A vault on a disk of its own that is soon full; only root can make one. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { Machine } from './machine.js';

/** A mounted vault without PIN on a disk of so many MiB, which {@link endSmallDisk} takes away. */
export function startOnSmallDisk(mebibytes: number): Machine {
  const machine = Machine.empty();
  mkdirSync(machine.vault);
  const options = `size=${mebibytes}m,mode=0700`;
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', machine.vault]);
  machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
  machine.ok('up');
  machine.ok('ls');
  return machine;
}

export function endSmallDisk(machine: Machine): void {
  machine.run('down');
  spawnSync('umount', ['-l', machine.vault]);
  machine.end();
}
