import type { DaemonStatus } from '../protocol/methods/system.js';
import { DaemonClient } from './daemon-client.js';

/** Milliseconds for an answer: whoever asks has more to say than this. */
const patience = 2_000;

/** `system.status` of the sherind at this socket, or null where none answers, or one of another version. */
export async function daemonStatus(path: string): Promise<DaemonStatus | null> {
  try {
    const client = await DaemonClient.connect(path, { patience });
    try {
      return await client.call('system.status');
    } finally {
      client.close();
    }
  } catch {
    return null;
  }
}
