/** Users and groups of this machine, from the files of the user database (passwd(5), group(5)). */
import { readFileSync } from 'node:fs';

export interface UserDatabaseFiles {
  readonly passwd: string;
  readonly group: string;
}

const systemFiles: UserDatabaseFiles = { passwd: '/etc/passwd', group: '/etc/group' };

/** What a file says, as long as it says the same. */
interface Parsed {
  readonly text: string;
  readonly entries: readonly string[][];
}

/** Reads the files at each question, and takes apart what has changed. A missing file has no entries. */
export class UserDatabase {
  readonly #files: UserDatabaseFiles;
  readonly #parsed = new Map<string, Parsed>();

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
    const [name, , , first] = this.#entries(this.#files.passwd).find(([, , id]) => Number(id) === uid) ?? [];
    if (gid === undefined || name === undefined) return false;
    return Number(first) === Number(gid) || members.split(',').includes(name);
  }

  /** Numbers of all groups of a user, the first one first; none of one who is not there. */
  groupsOf(uid: number): readonly number[] {
    const [name, , , first] = this.#entries(this.#files.passwd).find(([, , id]) => Number(id) === uid) ?? [];
    if (name === undefined) return [];
    const named = this.#entries(this.#files.group).filter(([, , , members = '']) =>
      members.split(',').includes(name),
    );
    return [...new Set([Number(first), ...named.map(([, , gid]) => Number(gid))])];
  }

  #group(wanted: string): readonly string[] | undefined {
    return this.#entries(this.#files.group).find(([name]) => name === wanted);
  }

  #entries(path: string): readonly string[][] {
    const text = textOf(path);
    const known = this.#parsed.get(path);
    if (known?.text === text) return known.entries;
    const lines = text.split('\n').map((line) => line.split(':'));
    const entries = lines.filter((fields) => fields.length >= 3);
    this.#parsed.set(path, { text, entries });
    return entries;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
