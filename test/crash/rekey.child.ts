/**
 * Child of rekey.test.ts: gives a vault a new master key, and waits until all is encrypted under it. Preloaded with fault.c it dies on the way, or
 * writes down the code of the error that it met, and with which epoch what is stored is being encrypted anew all the same.
 */
import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { serve, unlock } from './opened.js';
import { rekeyed } from './rekeyed.js';

const [home = ''] = process.argv.slice(2);
const service = await serve(home);
await unlock(service, home);
try {
  await rekeyed(service, home);
} catch (error) {
  const epoch = service.reencryption.state?.epoch;
  await service.reencryption.settled();
  try {
    unlinkSync('/sherin-fault-lifted');
  } catch {
    // It ends the fault.
  }
  writeFileSync(join(home, 'refused'), `${error instanceof SherinError ? error.code : error} ${epoch}`);
}
process.kill(process.pid, 'SIGKILL');
