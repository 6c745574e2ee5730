import type { FsLink } from '../fs-link.js';
import type { DaemonHandlers } from '../socket/dispatch.js';
import { onBehalf } from './on-behalf.js';

type Handlers = Pick<DaemonHandlers, 'object.stat' | 'object.list' | 'object.lineage' | 'file.resolve'>;

/** `object.*` and `file.resolve`: passed on, rights included. */
export function objectHandlers(fs: FsLink): Handlers {
  return {
    'object.stat': (params, caller) => fs.call('object.stat', { ...params, caller: onBehalf(caller) }),
    'object.list': (params, caller) => fs.call('object.list', { ...params, caller: onBehalf(caller) }),
    'object.lineage': (params, caller) => fs.call('object.lineage', { ...params, caller: onBehalf(caller) }),
    'file.resolve': (params, caller) => fs.call('file.resolve', { ...params, caller: onBehalf(caller) }),
  };
}
