/**
 * Vaults that earlier programs have written, as they lie on disk, each with its recovery key and what it holds. They are never written again: what
 * opened once has to open for good.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../common/project.js';
import { Machine } from '../vault/machine.js';
import type { Listing } from './listing.js';

/** Of format version 1. */
export const folder = join(projectRoot, 'test/golden/v1');

export const vaultNames = ['plain', 'journal', 'backup', 'slots', 'epochs', 'shared', 'cube'] as const;
export type VaultName = (typeof vaultNames)[number];

/** Opens the vault `slots`, too. */
export const passphrase = 'correct horse battery staple';
/** Where something was once and nothing is now, below `files/`. */
export const gone: Readonly<Record<VaultName, readonly string[]>> = {
  plain: ['gone'],
  journal: [],
  backup: [],
  slots: [],
  epochs: [],
  shared: [],
  cube: [],
};

export interface GoldenVault {
  readonly archive: string;
  readonly recovery: string;
  readonly listing: string;
}

export function golden(name: VaultName): GoldenVault {
  const path = join(folder, name);
  return { archive: `${path}.tar.gz`, recovery: `${path}.recovery`, listing: `${path}.json` };
}

export function recorded(name: VaultName): Listing {
  return JSON.parse(readFileSync(golden(name).listing, 'utf8')) as Listing;
}

/** Lays a copy of a vault out as another machine would get it: it knows neither the vault nor its TPM. */
export function layOut(name: VaultName): Machine {
  const machine = Machine.empty();
  const { archive, recovery } = golden(name);
  const target = name === 'backup' ? join(machine.home, 'backup') : machine.vault;
  mkdirSync(target, { mode: 0o700 });
  execFileSync('tar', [
    '--extract',
    '--gzip',
    '--preserve-permissions',
    '--no-same-owner',
    '--file',
    archive,
    '--directory',
    target,
  ]);
  copyFileSync(recovery, machine.recoveryFile);
  if (name === 'backup') machine.ok('restore-backup', target, machine.vault);
  return machine;
}

/** Opens and mounts what was laid out, with the recovery key alone. @throws Error with what sherinctl says */
export function openWithRecoveryKey(machine: Machine): void {
  const { code, err, out } = machine.shell(
    '$CTL up --no-daemon --accept-rollback --recovery-fd 3 3<recovery',
  );
  if (code !== 0) throw new Error(`up ended with ${code}: ${err}${out}`);
}
