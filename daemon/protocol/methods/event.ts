/** `event.subscribe`, and the notifications that come of it. */
import { z } from 'zod';
import { cubeFaults } from '../../../common/cube-faults.js';
import { vaultStateSchema } from '../events.js';
import { type DaemonTerm, daemonMethod } from '../rights.js';
import { cubeIdSchema, sherinIdSchema } from '../short-values.js';
import { nothing } from '../terms.js';

export const eventKinds = ['lock', 'quarantine'] as const;
export type EventKind = (typeof eventKinds)[number];

export const eventMethods = {
  'event.subscribe': daemonMethod(
    'own',
    'Tells of events of these kinds, and no others, to the end of the connection. Of quarantine: of objects that the caller may read, administrators of all',
    z.strictObject({ kinds: z.array(z.enum(eventKinds)).max(eventKinds.length).describe('none: ends it') }),
    nothing,
  ),
} as const satisfies Record<string, DaemonTerm>;

/** What sherind says without being asked, by method. */
export const eventNotifications = {
  event: {
    summary: 'Something has happened',
    params: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('lock'), state: vaultStateSchema }),
      z.strictObject({
        kind: z.literal('quarantine'),
        cube_id: cubeIdSchema,
        reason: z.enum(cubeFaults),
        id: sherinIdSchema.nullable().describe('an object that has the cube'),
      }),
    ]),
  },
  'event.end': {
    summary:
      'The subscription has ended: the client did not read, and has missed events. It may subscribe again',
    params: z.strictObject({ reason: z.enum(['slow']) }),
  },
} as const;
