/** Old segments of the audit log go elsewhere: which, and their removal once they are there. Works while the log finds no space. */
import type { Archivable, ArchiveWish } from '../audit/archivable.js';
import type { Caller } from '../mount/source.js';
import { actorOf } from './actor.js';
import type { Session } from './session/session.js';

/** @returns null: none. @throws SherinError AUDIT_UNWRITABLE, AUDIT_BROKEN */
export async function archivable(session: Session, wish: ArchiveWish): Promise<Archivable | null> {
  const found = await session.records.archivable(wish);
  // So that the next opening finds what the manifest names; where it can't be signed now, what is archived is known to have been there.
  await session.undisturbed(() => session.guard.renew()).catch(() => undefined);
  return found;
}

/** Recorded before. @returns bytes that were freed. @throws SherinError USAGE, AUDIT_UNWRITABLE, AUDIT_BROKEN */
export async function giveUp(
  { records }: Session,
  segments: Archivable,
  place: string,
  peer: Caller,
): Promise<number> {
  return records.giveUp(segments, place, actorOf(peer));
}
