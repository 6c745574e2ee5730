/** Child of create.test.ts: makes vaults at the paths it is given, one after another, and names each that is done, until it is killed. */
import { writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createVault } from './create.js';

const [base = '', ...names] = process.argv.slice(2);
const places = {
  tcti: null,
  tpmState: join(base, 'tpm'),
  runtime: join(base, 'run'),
  knownVaults: join(base, 'known_vaults'),
};
for (const name of names) {
  const path = join(base, name);
  const choices = { pin: null, pcrs: [7], bank: 'sha256', pad: '4k', owned: false } as const;
  const populate = ({ directory }: { directory: { inside(name: string): string } }): Promise<void> =>
    writeFile(directory.inside('manifest.db'), 'here', { flush: true });
  const { vault } = await createVault({ path, places, ...choices, populate });
  await vault.close();
  writeSync(1, `${name}\n`);
}
