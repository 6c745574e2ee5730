/** Events of sherin-fs, as notifications of its control socket to who watches. */
import { z } from 'zod';
import { cubeFaults } from '../../common/cube-faults.js';
import { cubeIdSchema, sherinIdSchema } from './short-values.js';
import { type Method, method, nothing } from './terms.js';

export const vaultStateSchema = z.enum(['unlocked', 'locked', 'sealed']);
export type VaultState = z.infer<typeof vaultStateSchema>;

/** Objects that an event names. */
export const namedObjects = 16;

export const fsEventSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lock'), state: vaultStateSchema }),
  /** The vault has a mount now, another one perhaps than before, or none any more. */
  z.strictObject({ kind: z.literal('mount'), mounted: z.boolean() }),
  z.strictObject({
    kind: z.literal('quarantine'),
    cube: cubeIdSchema,
    reason: z.enum(cubeFaults),
    objects: z.array(sherinIdSchema).max(namedObjects),
  }),
]);
export type FsEvent = z.infer<typeof fsEventSchema>;

export const eventSchema = z.strictObject({
  jsonrpc: z.literal('2.0'),
  method: z.literal('event'),
  params: fsEventSchema,
});

/** Beside the others of the control socket. */
export const watchMethods = {
  watch: method(
    'Tells of events from now on, as notifications `event`, to the end of the connection; who does not read them is cut off',
    nothing,
    z.strictObject({ state: vaultStateSchema }),
  ),
} as const satisfies Record<string, Method>;
