/** `event.subscribe`, and the notifications that come of it. */
import { z } from 'zod';
import { cubeFaults } from '../../../common/cube-faults.js';
import { gates } from '../../../common/policy-floor.js';
import { modes, stops } from '../../../common/policy-scales.js';
import { vaultStateSchema } from '../events.js';
import { type DaemonTerm, daemonMethod } from '../rights.js';
import { count, cubeIdSchema, sherinIdSchema, shortNameSchema } from '../short-values.js';
import { nothing } from '../terms.js';
import { taskNews } from './task.js';

export const eventKinds = ['lock', 'quarantine', 'task', 'bot', 'policy', 'emotion'] as const;
export type EventKind = (typeof eventKinds)[number];

export const eventMethods = {
  'event.subscribe': daemonMethod(
    'own',
    'Tells of events of these kinds, and no others, to the end of the connection. Quarantine: of objects that the caller may read; task: of his own; policy: of the emergency stop; administrators are told of all',
    z.strictObject({ kinds: z.array(z.enum(eventKinds)).max(eventKinds.length).describe('none: ends it') }),
    nothing,
  ),
} as const satisfies Record<string, DaemonTerm>;

const ratio = z.number().min(0).max(1);

const taskEvent = z.strictObject({ kind: z.literal('task'), ...taskNews });
const botEvent = z.strictObject({ kind: z.literal('bot'), bot: shortNameSchema, state: shortNameSchema });
/** Only what has changed. */
const policyEvent = z.strictObject({
  kind: z.literal('policy'),
  mode: z.enum(modes).optional(),
  stop: z.enum(stops).optional(),
  waiting: count.optional().describe('actions that wait for a person'),
});
const emotionEvent = z.strictObject({
  kind: z.literal('emotion'),
  dimension: z.enum(gates),
  crossed: z.enum(['down', 'up']).describe('`down`: below its threshold now, `up`: no more'),
  value: ratio,
  threshold: ratio,
});

/** What sherind itself tells of; what sherin-fs tells of is in `events.ts`. */
export type TaskEvent = z.infer<typeof taskEvent>;
export type BotEvent = z.infer<typeof botEvent>;
export type PolicyNews = z.infer<typeof policyEvent>;
export type EmotionEvent = z.infer<typeof emotionEvent>;

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
      taskEvent,
      botEvent,
      policyEvent,
      emotionEvent,
    ]),
  },
  'event.end': {
    summary:
      'The subscription has ended: the client did not read, and has missed events. It may subscribe again',
    params: z.strictObject({ reason: z.enum(['slow']) }),
  },
} as const;
