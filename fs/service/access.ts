import { readFileSync } from 'node:fs';
import type { PolicyTag } from '../manifest/records.js';
import type { Caller } from '../mount/source.js';

const adminGroup = 'sherin-admin';
const cacheMs = 60_000;

function groupMembers(): { readonly gid: number; readonly names: readonly string[] } | null {
  try {
    for (const line of readFileSync('/etc/group', 'utf8').split('\n')) {
      const [name, , gid, members] = line.split(':');
      if (name === adminGroup) return { gid: Number(gid), names: (members ?? '').split(',') };
    }
  } catch {
    // No group file: only root is admin.
  }
  return null;
}

function passwdEntry(uid: number): { readonly name: string; readonly gid: number } | null {
  try {
    for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
      const [name, , id, gid] = line.split(':');
      if (name !== undefined && Number(id) === uid) return { name, gid: Number(gid) };
    }
  } catch {
    // No user database: only root is admin.
  }
  return null;
}

function isMember(uid: number): boolean {
  const group = groupMembers();
  const user = passwdEntry(uid);
  if (group === null || user === null) return false;
  return user.gid === group.gid || group.names.includes(user.name);
}

/** Answers who is an administrator: root and the members of group `sherin-admin`, cached for a minute. */
export class Admins {
  readonly #known = new Map<number, { readonly admin: boolean; readonly until: number }>();

  has(caller: Caller): boolean {
    if (caller.uid === null) return false;
    if (caller.uid === 0) return true;
    const known = this.#known.get(caller.uid);
    if (known !== undefined && known.until > Date.now()) return known.admin;
    const admin = isMember(caller.uid);
    this.#known.set(caller.uid, { admin, until: Date.now() + cacheMs });
    return admin;
  }
}

/** May the caller read what a path with this policy tag leads to (modes have been checked by the kernel)? */
export function mayRead(tag: PolicyTag, caller: Caller, admins: Admins): boolean {
  if (tag === 'user') return true;
  return tag === 'admin' ? admins.has(caller) : caller.uid === 0;
}
