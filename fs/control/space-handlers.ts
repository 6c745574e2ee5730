import type { SherinId } from '../../common/ids.js';
import { longestText } from '../../daemon/protocol/control.js';
import type { Relative } from '../service/objects/origins.js';
import type { VaultService } from '../service/service.js';
import { pageOf, toldPaths } from './answer-space.js';
import { versionInfo } from './history-handlers.js';
import type { ControlHandlers } from './server.js';

/** Of how a version was made, the newest are told. */
const mostMakings = 4;

type Handlers = Pick<ControlHandlers, 'gc' | 'destroy' | 'du' | 'du.versions' | 'lineage'>;

/** What versions take up, how they are given up, where they came from. */
export function spaceHandlers(service: VaultService): Handlers {
  return {
    async gc({ paths, retention, dryRun }, { peer, progress }) {
      const within = retention.within === null ? null : BigInt(retention.within);
      const request = { paths, dryRun, retention: { ...retention, within } };
      const { paths: losing, ...report } = await service.collecting.gc(request, peer, progress);
      const told = losing.filter(({ path }) => path.length <= longestText);
      const { page } = pageOf(told.map(({ path, versions }) => ({ path, versions: [...versions] })));
      return { ...report, paths: page };
    },

    async destroy({ paths }, { peer, progress }) {
      const report = await service.destroying.destroy(paths, peer, progress);
      const sharedWith = toldPaths(report.sharedWith);
      const untold = report.sharedWith.length - sharedWith.length;
      return { ...report, sharedWith, sharedMore: report.sharedMore + untold };
    },

    du: ({ path }, { peer, progress }) => service.space.of(path, peer, progress),

    async 'du.versions'({ path, before = Number.POSITIVE_INFINITY }, { peer, progress }) {
      const versions = await service.space.versions(path, peer, progress);
      const earlier = versions.filter(({ number }) => number < before).reverse();
      const { page } = pageOf(earlier.map((version) => ({ ...versionInfo(version), alone: version.alone })));
      return { versions: page.reverse() };
    },

    async lineage({ target, after = '' }, { peer, progress }) {
      const { versions, ...report } = await service.origins.of(target, after, peer, progress);
      const { page, more } = pageOf(infosOf(versions), (version) => [version, version.id, version.id]);
      const told = ({ id }: { readonly id: string }) => id;
      return {
        id: report.id,
        ancestors: page.map(told).filter((id) => report.ancestors.has(id as SherinId)),
        descendants: page.map(told).filter((id) => report.descendants.has(id as SherinId)),
        versions: page,
        more,
      };
    },
  };
}

function* infosOf(versions: Iterable<Relative>) {
  for (const { id, kept, paths, made } of versions)
    yield {
      ...{ id, kept, paths: toldPaths(paths), makings: made.length },
      made: made.slice(-mostMakings).map(({ time, from, task, bot, botVersion }) => ({
        ...{ time: String(time), from: [...from], task, bot, botVersion },
      })),
    };
}
