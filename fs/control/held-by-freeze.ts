import type { VaultService } from '../service/service.js';
import type { Call, ControlHandlers } from './server.js';

/** What changes the content of the vault. What ends something goes on, what makes it safe, and what heals it. */
const held = [
  ...['put.begin', 'put.entries', 'put.end', 'remove', 'restore', 'destroy', 'namespaces.assign'],
  ...['bot.open', 'result.take', 'result.remove', 'task.put'],
] as const satisfies readonly (keyof ControlHandlers)[];

/** The handlers, of which some refuse while the vault is frozen. */
export function heldByFreeze({ freezing }: VaultService, handlers: ControlHandlers): ControlHandlers {
  const refusing = held.map((name) => {
    const handler = handlers[name] as (params: unknown, call: Call) => Promise<unknown>;
    const guarded = async (params: unknown, call: Call): Promise<unknown> => {
      freezing.requireOff();
      return handler(params, call);
    };
    return [name, guarded] as const;
  });
  return { ...handlers, ...Object.fromEntries(refusing) };
}
