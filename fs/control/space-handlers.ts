import type { VaultService } from '../service/service.js';
import { versionInfo } from './history-handlers.js';
import type { ControlHandlers } from './server.js';

/** Versions in one answer. */
const mostVersions = 10_000;

type Handlers = Pick<ControlHandlers, 'gc' | 'destroy' | 'du' | 'du.versions' | 'lineage'>;

/** What versions take up, how they are given up, where they came from. */
export function spaceHandlers(service: VaultService): Handlers {
  return {
    async gc({ paths, retention, dryRun }, { peer, progress }) {
      if (!dryRun) service.freezing.requireOff();
      const within = retention.within === null ? null : BigInt(retention.within);
      const request = { paths, dryRun, retention: { ...retention, within } };
      const { paths: losing, ...report } = await service.collecting.gc(request, peer, progress);
      const copies = losing.map(({ path, versions }) => ({ path, versions: [...versions] }));
      return { ...report, paths: copies };
    },

    async destroy({ paths }, { peer, progress }) {
      const report = await service.destroying.destroy(paths, peer, progress);
      return { ...report, sharedWith: [...report.sharedWith] };
    },

    du: ({ path }, { peer, progress }) => service.space.of(path, peer, progress),

    async 'du.versions'({ path }, { peer, progress }) {
      const versions = await service.space.versions(path, peer, progress);
      const newest = versions.slice(-mostVersions);
      return { versions: newest.map((version) => ({ ...versionInfo(version), alone: version.alone })) };
    },

    async lineage({ target }, { peer, progress }) {
      const { versions, ...report } = await service.origins.of(target, peer, progress);
      return {
        ...report,
        ancestors: [...report.ancestors],
        descendants: [...report.descendants],
        versions: versions.map(({ id, kept, paths, made }) => ({
          ...{ id, kept, paths: [...paths] },
          made: made.map(({ time, from, task, bot, botVersion }) => ({
            ...{ time: String(time), from: [...from], task, bot, botVersion },
          })),
        })),
      };
    },
  };
}
