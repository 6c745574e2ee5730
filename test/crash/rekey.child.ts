/** Child of rekey.test.ts: gives a vault a new master key, and waits until all is encrypted under it. Preloaded with fault.c it dies on the way. */
import { serve, unlock } from './opened.js';
import { rekeyed } from './rekeyed.js';

const [home = ''] = process.argv.slice(2);
const service = await serve(home);
await unlock(service, home);
await rekeyed(service, home);
process.kill(process.pid, 'SIGKILL');
