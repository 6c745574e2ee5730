/** `npm start`, after set-up: a vault if there is none, the mount, a few files in it, and what to try next. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { places } from '../common/environment.js';
import { makeDirectories } from '../common/make-directories.js';
import { firstScreen, softwareTpm, vaultMade } from './screen.js';
import { CommandFailed, sherinctl, statusOf } from './sherinctl.js';

const sample = fileURLToPath(new URL('../../setup/sample', import.meta.url));

async function start(): Promise<void> {
  const where = places();
  const recoveryFile = existsSync(join(where.vault, 'vault.json')) ? null : await makeVault(where.vault);
  makeDirectories(where.mount, 0o777);
  await sherinctl(['up'], 'terminal');
  await sherinctl(['put', sample, 'files/sample']);
  await sherinctl(['verify', 'files/sample']);
  const status = await statusOf();
  if (recoveryFile !== null && status.software) print(softwareTpm);
  print(firstScreen(where, status));
}

/** Makes the vault without questions; returns the file that holds the recovery key. */
async function makeVault(vault: string): Promise<string> {
  makeDirectories(dirname(vault), 0o777);
  const file = freeName(`${vault}-recovery-key`);
  await sherinctl(['init', vault, '--yes', '--no-pin', '--recovery-out', file]);
  print(vaultMade(vault, file));
  return file;
}

/** An earlier vault's recovery key is never overwritten. */
function freeName(path: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? path : `${path}-${number}`;
    if (!existsSync(name)) return name;
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  await start();
} catch (error) {
  // sherinctl has said on stderr what happened and what to do.
  if (!(error instanceof CommandFailed)) throw error;
  process.exitCode = error.status;
}
