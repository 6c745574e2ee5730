/** The connection to sherind, for commands about tasks. */
import { daemonSocket } from '../../common/environment.js';
import { errorTable, isErrorCode, SherinError, systemCode } from '../../common/errors.js';
import { DaemonClient, type DaemonClientOptions, DaemonError } from '../../daemon/client/daemon-client.js';
import type { Session } from '../session.js';

/**
 * Connects for as long as `use` takes.
 * @throws SherinError SHERIND_MISSING, SHERIND_REFUSED, SHERIND_DENIED, LOCKED
 */
export async function withDaemon<T>(
  { places }: Session,
  use: (client: DaemonClient) => Promise<T>,
  options: DaemonClientOptions = {},
): Promise<T> {
  const path = daemonSocket(places);
  const client = await DaemonClient.connect(path, options).catch((error: unknown) => {
    throw new SherinError(
      'SHERIND_MISSING',
      { path, part: systemCode(error) ?? 'no answer' },
      { cause: error },
    );
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
  return new SherinError(denied.includes(code) ? 'SHERIND_DENIED' : 'SHERIND_REFUSED', {
    ...{ code, part: message, next: nextStep(message) },
  });
}

/** What the table says of the error that sherind has named, `method: NAME`, where it is the same in every case. */
function nextStep(message: string): string {
  if (message.endsWith(' is for administrators')) return errorTable.DENIED.hint;
  const name = /: ([A-Z_]+)(?:,|$)/.exec(message)?.[1] ?? '';
  const hint = isErrorCode(name) ? errorTable[name].hint : '{';
  return hint.includes('{') ? 'an ID that is not there may be one that you may not read' : hint;
}
