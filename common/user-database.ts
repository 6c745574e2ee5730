/** Users and groups of this machine, from the files of the user database (passwd(5), group(5)). */
import { readFileSync } from 'node:fs';

export interface UserDatabaseFiles {
  readonly passwd: string;
  readonly group: string;
}

const systemFiles: UserDatabaseFiles = { passwd: '/etc/passwd', group: '/etc/group' };

/** Reads the files at each question. A missing file has no entries. */
export class UserDatabase {
  readonly #files: UserDatabaseFiles;

  constructor(files = systemFiles) {
    this.#files = files;
  }

  /** Number of a group; null: there is none of this name. */
  groupId(name: string): number | null {
    const [, , gid] = this.#group(name) ?? [];
    return gid === undefined ? null : Number(gid);
  }

  /** True where it is the user's first group, or the group's entry names the user. */
  isMember(uid: number, group: string): boolean {
    const [, , gid, members = ''] = this.#group(group) ?? [];
    const [name, , , first] = entries(this.#files.passwd).find(([, , id]) => Number(id) === uid) ?? [];
    if (gid === undefined || name === undefined) return false;
    return Number(first) === Number(gid) || members.split(',').includes(name);
  }

  /** Numbers of all groups of a user, the first one first; none of one who is not there. */
  groupsOf(uid: number): readonly number[] {
    const [name, , , first] = entries(this.#files.passwd).find(([, , id]) => Number(id) === uid) ?? [];
    if (name === undefined) return [];
    const named = entries(this.#files.group).filter(([, , , members = '']) =>
      members.split(',').includes(name),
    );
    return [...new Set([Number(first), ...named.map(([, , gid]) => Number(gid))])];
  }

  #group(wanted: string): readonly string[] | undefined {
    return entries(this.#files.group).find(([name]) => name === wanted);
  }
}

function entries(path: string): readonly string[][] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.map((line) => line.split(':')).filter((fields) => fields.length >= 3);
  } catch {
    return [];
  }
}
