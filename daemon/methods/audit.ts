import type { FsLink } from '../fs-link.js';
import type { DaemonHandlers } from '../socket/dispatch.js';
import { onBehalf } from './on-behalf.js';

type Handlers = Pick<DaemonHandlers, 'audit.tail' | 'audit.head' | 'audit.prove'>;

/** `audit.*`: passed on, rights included. */
export function auditHandlers(fs: FsLink): Handlers {
  return {
    'audit.tail': (params, caller) => fs.call('audit.page', { ...params, caller: onBehalf(caller) }),
    'audit.head': () => fs.call('audit.head', {}),
    'audit.prove': (params, caller) => fs.call('audit.prove', { ...params, caller: onBehalf(caller) }),
  };
}
