/** The connection to sherind, for commands about tasks. */
import { daemonSocket } from '../../common/environment.js';
import { type ErrorCode, errorTable, isErrorCode, SherinError, systemCode } from '../../common/errors.js';
import { DaemonClient, type DaemonClientOptions, DaemonError } from '../../daemon/client/daemon-client.js';
import type { Session } from '../session.js';

/**
 * Connects for as long as `use` takes.
 * @throws SherinError SHERIND_MISSING, SHERIND_CLOSED, SHERIND_REFUSED, SHERIND_DENIED, LOCKED; USAGE for what a method does not take
 */
export async function withDaemon<T>(
  { places }: Session,
  use: (client: DaemonClient) => Promise<T>,
  options: DaemonClientOptions = {},
): Promise<T> {
  const path = daemonSocket(places);
  const client = await DaemonClient.connect(path, options).catch((error: unknown) => {
    const code = systemCode(error);
    if (code === 'EACCES') throw new SherinError('SHERIND_CLOSED', { path, uid: process.getuid?.() ?? 0 });
    throw new SherinError('SHERIND_MISSING', { path, part: code ?? 'no answer' }, { cause: error });
  });
  try {
    return await use(client);
  } catch (error) {
    throw error instanceof DaemonError ? refusal(error) : error;
  } finally {
    client.close();
  }
}

const denied: readonly string[] = ['EACCES', 'EPOLICY'];

function refusal({ code, message }: DaemonError): SherinError {
  if (code === 'ENOKEY') return new SherinError('LOCKED');
  if (code === 'EINVAL' && nameIn(message) === null) return new SherinError('USAGE', { what: message });
  return new SherinError(denied.includes(code) ? 'SHERIND_DENIED' : 'SHERIND_REFUSED', {
    ...{ code, part: message, next: nextStep(message) },
  });
}

/** What the table says of the error that sherind has named, `method: NAME`, where it is the same in every case. */
function nextStep(message: string): string {
  if (message.endsWith(' is for administrators')) return errorTable.DENIED.hint;
  const name = nameIn(message);
  const hint = name === null ? '{' : errorTable[name].hint;
  return hint.includes('{') ? 'an ID that is not there may be one that you may not read' : hint;
}

/** Which error of the table sherind has named; null where it says in words what is wrong with the request. */
function nameIn(message: string): ErrorCode | null {
  const name = /: ([A-Z_]+)(?:,|$)/.exec(message)?.[1] ?? '';
  return isErrorCode(name) ? name : null;
}
