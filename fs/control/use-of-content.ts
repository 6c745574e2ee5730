import type { VaultService } from '../service/service.js';
import type { Call, ControlHandlers } from './server.js';

/** Requests by which somebody uses the vault. Who only looks at its state, as programs do by themselves, keeps it from no auto-lock. */
const uses = [
  ...[
    'unlock',
    'list',
    'stat',
    'read',
    'put.begin',
    'put.entries',
    'put.end',
    'remove',
    'history',
    'restore',
  ],
  ...['sync', 'snapshot', 'verify', 'fsck', 'gc', 'destroy', 'lineage', 'du.versions', 'attest'],
  ...['quarantine.restore', 'file.resolve', 'object.list', 'object.stat', 'object.lineage'],
  ...['request.admit', 'request.answered'],
] as const satisfies readonly (keyof ControlHandlers)[];

/** The handlers, of which some count as a use of the vault while they run. */
export function usesOfContent({ idleLock }: VaultService, handlers: ControlHandlers): ControlHandlers {
  const counted = uses.map((name) => {
    const handler = handlers[name] as (params: unknown, call: Call) => Promise<unknown>;
    return [name, (params: unknown, call: Call) => idleLock.using(() => handler(params, call))] as const;
  });
  return { ...handlers, ...Object.fromEntries(counted) };
}
