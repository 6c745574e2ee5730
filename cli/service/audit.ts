/** The audit log for whoever asks: whole from sherin-fs where that lets him in, else what sherind tells him of it. */
import { SherinError } from '../../common/errors.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { DaemonClient } from '../../daemon/client/daemon-client.js';
import type { ControlResult } from '../../daemon/protocol/control.js';
import { auditPage, type ToldRecord } from '../../daemon/protocol/methods/audit.js';
import type { Session } from '../session.js';
import { withDaemon } from './daemon.js';

/** @throws SherinError as both connections do */
export async function askAudit<T>(
  session: Session,
  whole: (client: ControlClient) => Promise<T>,
  own: (client: DaemonClient) => Promise<T>,
): Promise<T> {
  const client = connected(session);
  return client === null ? withDaemon(session, own) : whole(client);
}

function connected(session: Session): ControlClient | null {
  try {
    return session.connect();
  } catch (error) {
    if (error instanceof SherinError && error.code === 'FS_DENIED') return null;
    throw error;
  }
}

/** The last `count` records that sherind tells this user, oldest first. */
export async function ownRecords(client: DaemonClient, count: number): Promise<ToldRecord[]> {
  const found: ToldRecord[] = [];
  let page: number | null | undefined;
  while (found.length < count && page !== null) {
    const wanted = Math.min(auditPage.records, count - found.length);
    const { records, next } = await client.call('audit.tail', {
      count: wanted,
      ...(page === undefined ? {} : { page }),
    });
    found.push(...records);
    page = next;
  }
  return found.reverse();
}

type WholeRecord = ControlResult<'audit.tail'>['records'][number];

/** The last `count` records as sherin-fs tells them, oldest first; an answer holds fewer where they are long. */
export async function wholeRecords(client: ControlClient, count: number): Promise<WholeRecord[]> {
  let found: WholeRecord[] = [];
  for (;;) {
    const before = found[0]?.seq;
    const { records } = await client.call('audit.tail', {
      count: count - found.length,
      ...(typeof before === 'number' ? { before } : {}),
    });
    found = [...records, ...found];
    if (found.length >= count || records.length === 0 || found[0]?.seq === 0) return found;
  }
}
