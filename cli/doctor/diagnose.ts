/** All checks of `sherinctl doctor`, in the order in which they are printed. */
import type { Session } from '../session.js';
import type { Finding } from './finding.js';
import { fuseConf, fuseDevice, fuseLibrary, fusermount } from './fuse.js';
import { admins, diskSpace, memoryLock, node } from './machine.js';
import { privatePlaces } from './places.js';
import { service } from './service.js';
import { softwareTpm, tpmDevices } from './tpm.js';

export async function diagnose(session: Session): Promise<readonly Finding[]> {
  const where = session.places;
  return [
    node(),
    fuseDevice(),
    fusermount(),
    fuseLibrary(),
    fuseConf(),
    ...tpmDevices(where),
    softwareTpm(where),
    memoryLock(),
    ...privatePlaces(where),
    admins(),
    diskSpace(where),
    ...(await service(session)),
  ];
}
