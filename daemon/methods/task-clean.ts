import { asSherinId } from '../../common/ids.js';
import { nowNanoseconds } from '../../common/time.js';
import type { FsLink } from '../fs-link.js';
import type { ControlResult } from '../protocol/control.js';
import type { Tasks } from '../router/tasks.js';
import type { DaemonHandlers } from '../socket/dispatch.js';
import { onBehalf } from './on-behalf.js';

const perSecond = 1_000_000_000n;

/** `task.clean`: sherin-fs says which results are old, and removes for the caller those that no task here tells of. */
export function cleanHandlers(tasks: () => Tasks, fs: FsLink): Pick<DaemonHandlers, 'task.clean'> {
  return {
    'task.clean': async ({ older_than, all, dry_run }, caller) => {
      const whose = { all, caller: onBehalf(caller) };
      const before = String(nowNanoseconds() - BigInt(older_than) * perSecond);
      const told = tasks();
      let [removed, kept] = [0, 0];
      let after: number | null = 0;
      while (after !== null) {
        const { results, next }: Page = await fs.call('result.list', { ...whose, before, after });
        const inos = results.filter(({ id }) => !told.tellOf(asSherinId(id))).map(({ ino }) => ino);
        kept += results.length - inos.length;
        if (dry_run) removed += inos.length;
        else if (inos.length > 0) removed += (await fs.call('result.remove', { ...whose, inos })).removed;
        after = next;
      }
      return { removed, kept };
    },
  };
}

type Page = ControlResult<'result.list'>;
