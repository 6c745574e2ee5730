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
  const pid = await pidBehind(client);
  const started = processStart(pid);
  let unsealed: SherinError | null = null;
  const answer = await client.call('stop', {}).catch((error: unknown) => {
    if (!(error instanceof SherinError && error.code === 'UNSEALED')) throw error;
    unsealed = error;
    return { lazy: false };
  });
  const deadline = Date.now() + patience * 1000;
  while (started !== null && processStart(pid) === started) {
    if (Date.now() > deadline)
      throw new SherinError('TIMEOUT', { what: `the end of process ${pid}`, seconds: patience });
    await sleep(20);
  }
  if (unsealed !== null) throw unsealed;
  return answer;
}

/** One of another version may say a status that is not understood here; it is to be stopped all the same. */
async function pidBehind(client: ControlClient): Promise<number> {
  try {
    const { fs } = await client.call('status', {});
    return fs.pid;
  } catch (error) {
    if (error instanceof SherinError && error.code === 'PROTOCOL') return client.serverPid;
    throw error;
  }
}
