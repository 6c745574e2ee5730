/**
 * The socket of sherind: every method, its parameters, result and what it is for, in one table. JSON-RPC 2.0, one object a line.
 * Only IDs, enums, numbers and short names travel: no content, no text, no path.
 */
import { z } from 'zod';
import { shortNameSchema } from '../../common/short-name.js';

export { shortNameSchema } from '../../common/short-name.js';

/** Bytes of the longest request or response line, its line end included. */
export const lineLimit = 4096;
/** Raised when a method changes so that an older client would misread it. */
export const protocolVersion = 1;

const count = z.int().nonnegative();
const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a lower-case UUID is wanted');

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

const nothing = z.strictObject({});

interface Method {
  readonly summary: string;
  readonly params: z.ZodType;
  readonly result: z.ZodType;
}

export const daemonMethods = {
  'system.hello': {
    summary: 'Versions of sherind, of this protocol and of sherin-fs (null while it does not answer)',
    params: nothing,
    result: z.strictObject({
      sherind: shortNameSchema,
      protocol: z.literal(protocolVersion),
      fs: shortNameSchema.nullable(),
    }),
  },
  'system.status': {
    summary: 'Vault state, TPM kind, mount, sherin-fs and its restarts',
    params: nothing,
    result: daemonStatusSchema,
  },
  'system.health': {
    summary: 'Whether all is well, and why not',
    params: nothing,
    result: z.strictObject({ ok: z.boolean(), reasons: z.array(healthReasonSchema) }),
  },
} as const satisfies Record<string, Method>;

export type DaemonMethod = keyof typeof daemonMethods;
export type DaemonRequest<M extends DaemonMethod> = z.output<(typeof daemonMethods)[M]['params']>;
export type DaemonResult<M extends DaemonMethod> = z.output<(typeof daemonMethods)[M]['result']>;

export function isDaemonMethod(name: string): name is DaemonMethod {
  return Object.hasOwn(daemonMethods, name);
}

/** A request's ID is a number or a short name; without one it is a notification and gets no answer. */
export const daemonIdSchema = z.union([z.int().nonnegative(), shortNameSchema]);
export type DaemonId = z.infer<typeof daemonIdSchema>;

export const daemonRequestSchema = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: daemonIdSchema.optional(),
  method: z.string().max(64),
  /** By name; the method's own schema checks them. */
  params: z.unknown().optional(),
});

/** `code`: the errno name of what went wrong; `id`: the object it is about. */
export const daemonErrorSchema = z.strictObject({
  code: z.int(),
  message: z.string().max(512),
  data: z.strictObject({ code: z.string().regex(/^E[A-Z0-9]{1,15}$/), id: shortNameSchema.optional() }),
});
export type DaemonError = z.infer<typeof daemonErrorSchema>;

export const daemonResponseSchema = z.union([
  z.strictObject({ jsonrpc: z.literal('2.0'), id: daemonIdSchema, result: z.unknown() }),
  z.strictObject({ jsonrpc: z.literal('2.0'), id: daemonIdSchema.nullable(), error: daemonErrorSchema }),
]);
