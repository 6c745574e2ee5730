/** `system.*`: how things are. */
import { z } from 'zod';
import { protocolVersion } from '../lines.js';
import { type DaemonTerm, daemonMethod } from '../rights.js';
import { count, shortNameSchema, uuid } from '../short-values.js';
import { nothing } from '../terms.js';

/** Where the supervision of sherin-fs stands. */
export const supervisionSchema = z.enum([
  /** It is being started, mounted or taken over. */
  'starting',
  'running',
  /** It died; the next start waits. */
  'waiting',
  /** Somebody stopped it on purpose; it is taken over again once somebody starts it. */
  'stopped',
  /** sherind ends and stops it. */
  'stopping',
]);
export type Supervision = z.infer<typeof supervisionSchema>;

export const healthReasonSchema = z.enum([
  'fs-starting',
  'fs-down',
  'fs-stopped',
  /** It runs and does not answer in time. */
  'fs-unresponsive',
  'not-mounted',
  /** An attempt to open the vault failed for another reason than a missing PIN. */
  'vault-refused',
  'audit-unwritable',
  /** Cubes failed verification. */
  'quarantine',
  /** The database of tasks can't be used. */
  'tasks-unavailable',
  'bot-failed',
]);
export type HealthReason = z.infer<typeof healthReasonSchema>;

export const daemonStatusSchema = z.strictObject({
  state: supervisionSchema,
  pid: count,
  uptimeSeconds: count,
  /** The following four are null while sherin-fs does not answer. */
  vault: z.strictObject({ uuid, state: z.enum(['unlocked', 'locked', 'sealed']) }).nullable(),
  tpm: z.enum(['hardware', 'software', 'none']).nullable(),
  mount: z
    .strictObject({ driver: shortNameSchema, allowOther: z.boolean(), listIds: z.boolean() })
    .nullable(),
  fs: z.strictObject({ pid: count, uptimeSeconds: count }).nullable(),
  /** How often sherin-fs died and was started again. */
  restarts: count,
  /** Until the next start; null unless `waiting`. */
  retryInSeconds: count.nullable(),
  /** Why the last start failed, as a code of the error table; null after one that did not. */
  lastError: shortNameSchema.nullable(),
});
export type DaemonStatus = z.infer<typeof daemonStatusSchema>;

/** Upper bounds of the histogram's buckets, seconds. */
export const latencyBuckets = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10] as const;

/** Those of the catalogue, `merge` and more. */
export const mostDomains = 16;

/** Methods of a page, so that the longest fit a line. */
export const metricsPage = 4;

const methodMetricsSchema = z.strictObject({
  method: shortNameSchema,
  statuses: z.record(shortNameSchema, count).describe('answers by `ok` or errno name'),
  seconds: z.number().nonnegative().describe('that all of them took together'),
  buckets: z
    .array(count)
    .length(latencyBuckets.length + 1)
    .describe(
      `answers within ${latencyBuckets.join(', ')} s, each in its first one, and those that took longer`,
    ),
});

const domainMetricsSchema = z.strictObject({
  domain: shortNameSchema,
  queued: count,
  running: count,
  hits: count.describe('requests that a known result has answered'),
});

export const systemMethods = {
  'system.hello': daemonMethod(
    'open',
    'Versions of sherind, of this protocol and of sherin-fs (null while it does not answer)',
    nothing,
    z.strictObject({
      sherind: shortNameSchema,
      protocol: z.literal(protocolVersion),
      fs: shortNameSchema.nullable(),
    }),
  ),
  'system.status': daemonMethod(
    'open',
    'Vault state, TPM kind, mount, sherin-fs and its restarts',
    nothing,
    daemonStatusSchema,
  ),
  'system.health': daemonMethod(
    'open',
    'Whether all is well, and why not',
    nothing,
    z.strictObject({ ok: z.boolean(), reasons: z.array(healthReasonSchema) }),
  ),
  'system.stop': daemonMethod(
    'admin',
    'Stops bots, and sherind; sherin-fs and the mount go on',
    nothing,
    nothing,
  ),
  'system.metrics': daemonMethod(
    'open',
    'How requests were answered since sherind started, and how soon, in pages of methods',
    z.strictObject({ page: shortNameSchema.optional().describe('`next` of the page before') }),
    z.strictObject({
      methods: z.array(methodMetricsSchema).max(metricsPage),
      domains: z.array(domainMetricsSchema).max(mostDomains).describe('tasks; on the first page only'),
      next: shortNameSchema.nullable().describe('null: there is no more'),
    }),
  ),
} as const satisfies Record<string, DaemonTerm>;
