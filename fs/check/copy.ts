/** The copy of the log, which has to be whole when the database is lost. */
import type { FsckResult } from '../../daemon/protocol/fsck.js';
import { checkCopy } from '../log-copy/check.js';
import type { Session } from '../service/session/session.js';

/** @param renew writes it anew where it does not verify. @throws SherinError DISK_READ, MANIFEST_BROKEN; NO_SPACE, IO where it can not be written */
export async function checkLogCopy(session: Session, renew: boolean): Promise<FsckResult['copy']> {
  const { logCopy, manifest } = session;
  const look = () => logCopy.still((place) => checkCopy(place, manifest));
  const found = await look();
  if (found.fault === null || !renew) return told(found, false);
  await logCopy.renew();
  return told({ ...(await look()), fault: found.fault }, true);
}

function told(check: Awaited<ReturnType<typeof checkCopy>>, renewed: boolean): FsckResult['copy'] {
  return { ...check, time: check.time === null ? null : String(check.time), renewed };
}
