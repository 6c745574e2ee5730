import type { ActionType } from '../../common/policy-scales.js';
import type { VaultService } from '../service/service.js';
import type { Call, ControlHandlers } from './server.js';

/** What gives up versions, and what changes keys, by the name that a refusal has. `destroy` is a `gc` of whole files. */
const held = {
  gc: 'gc',
  destroy: 'destroy',
  'key.add': 'key_change',
  'key.add-tpm': 'key_change',
  'key.remove': 'key_change',
  'key.rotate': 'key_change',
  'key.reseal': 'key_change',
  'key.rekey': 'key_change',
  'key.move': 'key_change',
} as const satisfies Partial<Record<keyof ControlHandlers, ActionType | 'destroy'>>;

/** The handlers, of which some are refused, and the refusal recorded, while the policy blocks such actions. Planning a `gc` is none. */
export function heldByPolicy(service: VaultService, handlers: ControlHandlers): ControlHandlers {
  const { freezing } = service;
  const refusing = Object.entries(held).map(([name, what]) => {
    const handler = handlers[name as keyof typeof held] as (params: unknown, call: Call) => Promise<unknown>;
    const guarded = async (params: { readonly dryRun?: boolean }, call: Call): Promise<unknown> => {
      if (params.dryRun !== true) {
        if (what !== 'key_change') freezing.requireOff();
        if (freezing.hold.on) await (await service.unlocked()).records.denied(what, null, call.peer);
        freezing.hold.requireNone(what);
      }
      return handler(params, call);
    };
    return [name, guarded] as const;
  });
  return { ...handlers, ...Object.fromEntries(refusing) };
}
