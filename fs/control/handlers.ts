import { SherinError } from '../../common/errors.js';
import { longestText } from '../../daemon/protocol/control.js';
import type { Why } from '../../daemon/protocol/why.js';
import { whyTpm } from '../service/namespaces/why-tpm.js';
import { whyContent, whyError, whyVault } from '../service/objects/why.js';
import type { VaultService } from '../service/service.js';
import { accessHandlers } from './access-handlers.js';
import { admissionHandlers } from './admission-handlers.js';
import { pageOf } from './answer-space.js';
import { attestHandlers } from './attest-handlers.js';
import { auditHandlers } from './audit-handlers.js';
import type { BackupHandlers } from './backup-handlers.js';
import { bootHandlers } from './boot-handlers.js';
import { checkHandlers } from './check-handlers.js';
import type { ClientThreads } from './client-threads.js';
import { engineHandlers } from './engine-handlers.js';
import { exportHandlers } from './export-handlers.js';
import { fsckHandlers } from './fsck-handlers.js';
import { heldByFreeze } from './held-by-freeze.js';
import { heldByPolicy } from './held-by-policy.js';
import { historyHandlers } from './history-handlers.js';
import { keyHandlers } from './key-handlers.js';
import { namespaceHandlers } from './namespace-handlers.js';
import { objectHandlers } from './object-handlers.js';
import { onBehalf } from './on-behalf.js';
import { quarantineHandlers } from './quarantine-handlers.js';
import { takeSecret } from './secrets.js';
import type { ControlHandlers } from './server.js';
import { spaceHandlers } from './space-handlers.js';
import { taskHandlers } from './task-handlers.js';
import type { TransferHandlers } from './transfer-handlers.js';
import { treeHandlers } from './tree-handlers.js';
import { usesOfContent } from './use-of-content.js';
import type { WatchHandlers } from './watch-handlers.js';

async function whyOf(service: VaultService, target: string | undefined): Promise<Why> {
  if (target !== undefined) {
    const session = await service.settled();
    return (await whyTpm(session, target)) ?? whyContent(session, target);
  }
  const reason = (await service.refusal()) ?? service.freezing.reason;
  if (reason === null) {
    const session = await service.unlocked();
    return (await whyTpm(session, null)) ?? whyVault(session);
  }
  const { reasons, next } = whyError(reason);
  return { reasons: [...reasons, ...(await service.tpm.reasons(reason))], next };
}

/** All methods of the control socket over one service. `stopped` ends the process once `stop` has been answered, `upgrade` does so by itself. */
export function controlHandlers(
  service: VaultService,
  transfers: TransferHandlers,
  backups: BackupHandlers,
  watching: WatchHandlers,
  threads: ClientThreads,
  stopped: () => void,
  upgrade: ControlHandlers['upgrade'],
): ControlHandlers {
  const handlers: ControlHandlers = {
    ...treeHandlers(service, threads),
    ...transfers.handlers(),
    ...backups.handlers(),
    ...watching.handlers(),
    ...fsckHandlers(service),
    ...checkHandlers(service),
    ...exportHandlers(service),
    ...historyHandlers(service.history),
    ...spaceHandlers(service),
    ...quarantineHandlers(service),
    ...objectHandlers(service.objects),
    ...engineHandlers(service),
    ...admissionHandlers(service),
    ...attestHandlers(service),
    ...auditHandlers(service),
    ...accessHandlers(service),
    ...namespaceHandlers(service),
    ...taskHandlers(service.tasks),
    ...keyHandlers(service),
    ...bootHandlers(service),

    status: () => service.status(),

    async why({ target }) {
      const { reasons, next } = await whyOf(service, target);
      return { reasons: pageOf(reasons.map((reason) => reason.slice(0, longestText))).page, next };
    },

    async sync() {
      await service.current()?.writing.durability.syncAll();
      return {};
    },

    async snapshot() {
      return { versions: (await service.current()?.writing.snapshot()) ?? 0 };
    },

    async lock({ caller }, { peer }) {
      await service.lock(onBehalf(peer, caller));
      return {};
    },

    async unlock({ slot, only = null, acceptRollback, caller }, call) {
      const who = onBehalf(call.peer, caller);
      await service.requireKeyMemory(who);
      const secret = takeSecret(call);
      try {
        if (slot === 'tpm') await service.unlock({ slot, pin: secret, only }, who);
        else {
          if (secret === null) throw new SherinError('USAGE', { what: `the ${slot} key is missing` });
          const how = slot === 'recovery' ? { slot, text: secret, acceptRollback } : { slot, text: secret };
          await service.unlock(how, who);
        }
      } finally {
        secret?.wipe();
      }
      return {};
    },

    async mount(request, { peer }) {
      await service.mounts.mount(request, peer);
      return {};
    },

    async 'mount.past'({ path, end }, { peer }) {
      const past = await service.mounts.mountPast({ path, end: BigInt(end) }, peer);
      return { end: String(past.end) };
    },

    umount: ({ path }, { peer }) => service.mounts.unmount(peer, path),

    async stop(_, { peer }) {
      try {
        const result = await service.stop(peer);
        setImmediate(stopped);
        return result;
      } catch (error) {
        if (error instanceof SherinError && error.code === 'UNSEALED') setImmediate(stopped);
        throw error;
      }
    },

    upgrade,

    remove: ({ paths }, { peer }) => service.removing.remove(paths, peer),
  };
  return usesOfContent(service, heldByFreeze(service, heldByPolicy(service, handlers)));
}
