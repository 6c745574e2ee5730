import { readFileSync } from 'node:fs';
import type { Subject } from '../../../common/access/decide.js';
import type { BotFolders } from '../../mount/bots/folders.js';
import type { Caller } from '../../mount/source.js';

/** A caller as rules are about them. Who has the uid of an open bot's folder may be that bot. */
export function subjectOf(caller: Caller, bots: Pick<BotFolders, 'all'>): Subject {
  const { uid } = caller;
  let gids: readonly number[] | null | undefined;
  return {
    uid,
    get gids() {
      gids ??= groupsOf(caller);
      return gids;
    },
    get bots() {
      if (uid === null) return null;
      return [...bots.all()].filter((folder) => folder.uid === uid).map(({ bot }) => bot);
    },
  };
}

/** The first group is the kernel's word, the others are the process's own (proc(5)); null where they can't be seen. */
function groupsOf({ gid, pid, groups }: Caller): readonly number[] | null {
  if (gid === null) return null;
  if (groups !== undefined) return [gid, ...groups];
  if (pid === null || pid === 0) return null;
  try {
    const [, list] = /^Groups:(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return list === undefined ? null : [gid, ...list.split(/\s+/).filter(Boolean).map(Number)];
  } catch {
    return null;
  }
}
