import type { Places } from '../../common/environment.js';
import { PendingAudit } from '../audit/pending.js';
import { actorOf } from '../service/actor.js';
import { newerSegments, setAside } from '../service/newer-segments.js';
import { headerPublicKey } from '../vault/header.js';
import { openLocked } from '../vault/open.js';
import { telling } from './told.js';

export interface SetAsideOptions {
  /** Below the vault; none: they are listed. */
  readonly file?: readonly string[];
}

/** Lists or moves what keeps a vault shut that nothing serves, as it says a later format version; holds no key. */
export function setNewerAside(where: Places, { file }: SetAsideOptions): Promise<void> {
  return telling(where.vault, async () => {
    const locked = await openLocked(where.vault, where);
    try {
      const vault = { fd: locked.fd, uuid: locked.uuid, publicKey: headerPublicKey(locked.header) };
      if (file === undefined) return { segments: await newerSegments(vault) };
      const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
      const actor = actorOf({ uid, gid, pid: process.pid, groups: [] });
      const pending = new PendingAudit(locked.directory.inside('audit'));
      return { kept: await setAside(vault, new Set(file), pending, actor) };
    } finally {
      await locked.close();
    }
  });
}
