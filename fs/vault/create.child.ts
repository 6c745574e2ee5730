/**
 * Child of create.test.ts: makes vaults at the paths it is given, one after another, and names each that is done, until it is killed; for
 * `suicide` in the place of the first it kills itself when a vault has all but its header.
 */
import { writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVault, type VaultDraft } from './create.js';

const [base = '', ...rest] = process.argv.slice(2);
const suicide = rest[0] === 'suicide';
const names = suicide ? rest.slice(1) : rest;
const places = {
  tcti: null,
  tpmState: join(base, 'tpm'),
  runtime: join(base, 'run'),
  knownVaults: join(base, 'known_vaults'),
};
for (const name of names) {
  const path = join(base, name);
  const choices = { pin: null, pcrs: [7], bank: 'sha256', pad: '4k', owned: false } as const;
  const populate = async ({ directory }: VaultDraft): Promise<void> => {
    await writeFile(directory.inside('manifest.db'), 'here', { flush: true });
    if (suicide) process.kill(process.pid, 'SIGKILL');
  };
  const { vault } = await createVault({ path, places, ...choices, populate });
  await vault.close();
  writeSync(1, `${name}\n`);
}
