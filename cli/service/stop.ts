/** Ends sherin-fs and waits until its process is gone. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError } from '../../common/errors.js';
import type { ControlClient } from '../../daemon/client/control-client.js';

/** Seconds until a process that doesn't end is reported. */
const patience = 60;

/** Resolves to whether the mount was detached lazily because files were open. */
export async function stopSherinFs(client: ControlClient): Promise<{ lazy: boolean }> {
  const { fs } = await client.call('status', {});
  const started = startTime(fs.pid);
  const answer = await client.call('stop', {});
  const deadline = Date.now() + patience * 1000;
  while (started !== null && startTime(fs.pid) === started) {
    if (Date.now() > deadline)
      throw new SherinError('TIMEOUT', { what: `the end of process ${fs.pid}`, seconds: patience });
    await sleep(20);
  }
  return answer;
}

/** When the process started, as the kernel counts (proc(5), stat field 22); null when it is gone or only a zombie. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
