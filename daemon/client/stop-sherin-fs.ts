/** Ends sherin-fs and waits until its process is gone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError } from '../../common/errors.js';
import type { ControlClient } from './control-client.js';
import { processStart } from './process-start.js';

/** Seconds until a process that doesn't end is reported. */
const patience = 60;

/**
 * Resolves to whether the mount was detached lazily because files were open.
 * @throws SherinError UNSEALED: it has ended, and could not seal all that programs had written; TIMEOUT
 */
export async function stopSherinFs(client: ControlClient): Promise<{ lazy: boolean }> {
  const { fs } = await client.call('status', {});
  const started = processStart(fs.pid);
  let unsealed: SherinError | null = null;
  const answer = await client.call('stop', {}).catch((error: unknown) => {
    if (!(error instanceof SherinError && error.code === 'UNSEALED')) throw error;
    unsealed = error;
    return { lazy: false };
  });
  const deadline = Date.now() + patience * 1000;
  while (started !== null && processStart(fs.pid) === started) {
    if (Date.now() > deadline)
      throw new SherinError('TIMEOUT', { what: `the end of process ${fs.pid}`, seconds: patience });
    await sleep(20);
  }
  if (unsealed !== null) throw unsealed;
  return answer;
}
