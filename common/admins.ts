/** Who is an administrator: root and the members of group `sherin-admin`. */
import { UserDatabase } from './user-database.js';

const adminGroup = 'sherin-admin';
/** A minute, of which what was told by it may stand for the last second (docs/decisions/0037). */
const cacheMs = 59_000;

/** Answers from the user database, remembered for a minute at most. */
export class Admins {
  readonly #users: UserDatabase;
  readonly #known = new Map<number, { readonly admin: boolean; readonly until: number }>();

  constructor(users = new UserDatabase()) {
    this.#users = users;
  }

  /** By the user database alone; null, a caller who is not known, is none. */
  has({ uid }: { readonly uid: number | null }): boolean {
    if (uid === null) return false;
    if (uid === 0) return true;
    const known = this.#known.get(uid);
    if (known !== undefined && known.until > Date.now()) return known.admin;
    const admin = this.#users.isMember(uid, adminGroup);
    this.#known.set(uid, { admin, until: Date.now() + cacheMs });
    return admin;
  }

  /** Of a process: it has the group, and its user is a member still. */
  hasPeer(peer: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] }): boolean {
    if (peer.uid === 0) return true;
    if (!this.has(peer)) return false;
    const gid = this.#users.groupId(adminGroup);
    return gid !== null && (peer.gid === gid || peer.groups.includes(gid));
  }
}
