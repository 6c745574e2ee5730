import { SherinError } from '../../common/errors.js';
import type { FsckResult } from '../../daemon/protocol/fsck.js';
import type { Secret } from '../../native/index.js';
import type { Peer } from '../../native/ipc.js';
import { fsck } from '../check/fsck.js';
import type { Rebuilt } from '../log-copy/rebuild.js';
import { actorOf } from '../service/actor.js';
import type { VaultService } from '../service/service.js';
import { requireWhole } from '../service/session/rebuilding.js';
import { AnswerSpace, toldPaths } from './answer-space.js';
import { takeSecret } from './secrets.js';
import type { ControlHandlers } from './server.js';

/** `fsck`. */
export function fsckHandlers(service: VaultService): Pick<ControlHandlers, 'fsck' | 'manifest.rebuild'> {
  return {
    async 'manifest.rebuild'(_, call) {
      const secret = takeSecret(call);
      if (secret === null) throw new SherinError('USAGE', { what: 'the recovery key is missing' });
      try {
        const rebuilt = await rebuild(service, secret, call.peer);
        if (rebuilt === null) return { rebuilt: null };
        const { head, kept, fault } = rebuilt;
        return { rebuilt: { records: head.size, time: String(head.time), kept: [...kept], fault } };
      } finally {
        secret.wipe();
      }
    },

    async fsck({ rebuild, repair, removeOrphans }, { peer, fds, progress, cancelled }) {
      const backup = fds[0] ?? null;
      if (backup !== null && !repair)
        throw new SherinError('USAGE', { what: 'a backup is taken for a repair only' });
      const session = await service.unlocked();
      // What programs write may stand on cubes that no record refers to yet.
      await session.writing.durable(null);
      await session.logCopy.bring().catch(() => undefined);
      const { vaultFd, uuid, publicKey, cubeLock: lock } = service;
      const actor = actorOf(peer);
      const result = await fsck(
        { session, vaultFd, uuid, publicKey, lock },
        {
          ...{ rebuild, repair, removeOrphans, backup, progress, cancelled },
          removing: (files, bytes) =>
            session.records.record({ event: 'AUDIT_FSCK_REMOVE', id: null, actor, meta: { files, bytes } }),
        },
      );
      const { needed, lacking, repaired, removed, clean } = result;
      const meta = { cubes: needed.cubes, lacking, repaired, removed: removed.cubes, rebuild, clean };
      await session.records.record({ event: 'AUDIT_FSCK', id: null, actor, meta });
      return told(result);
    },
  };
}

/** Opens the vault; a manifest that is gone or broken is rebuilt before. @returns null where it was whole */
async function rebuild(service: VaultService, text: Secret, peer: Peer): Promise<Rebuilt | null> {
  const outcomes: (Rebuilt | null)[] = [];
  const told = (outcome: Rebuilt | null): number => outcomes.push(outcome);
  await service.unlock({ slot: 'recovery', text, acceptRollback: true, rebuild: told }, peer);
  // It was open already.
  if (outcomes.length === 0) await requireWhole(await service.unlocked());
  return outcomes[0] ?? null;
}

/** With as much of the lists as an answer holds; the numbers are of all. */
function told(result: FsckResult): FsckResult {
  const space = new AnswerSpace();
  const lacks = result.lacks.map(({ uses, ...lack }) => {
    const paths = new Set(toldPaths(uses.map(({ path }) => path)));
    return { ...lack, uses: uses.filter(({ path }) => paths.has(path)) };
  });
  return {
    ...result,
    lacks: lacks.filter((lack) => space.takes(lack)),
    leftovers: result.leftovers.filter((leftover) => space.takes(leftover)),
    keptSegments: result.keptSegments.filter((segment) => space.takes(segment)),
  };
}
