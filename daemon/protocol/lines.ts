/** Lines of the socket of sherind: JSON-RPC 2.0, one object a line. */
import { z } from 'zod';
import { isShortName } from '../../common/short-name.js';
import { shortNameSchema } from './short-values.js';

/** Bytes of the longest request or response line, its line end included. */
export const lineLimit = 4096;
/** Raised when a method changes so that an older client would misread it. */
export const protocolVersion = 1;

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

const requestFields: ReadonlySet<string> = new Set(Object.keys(daemonRequestSchema.shape));
export type DaemonRequestLine = z.infer<typeof daemonRequestSchema>;

/** What the schema admits, in one look; null for anything else, of which the schema tells what is wrong. */
export function asRequest(value: unknown): DaemonRequestLine | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { jsonrpc, id, method } = value as Readonly<Record<string, unknown>>;
  if (jsonrpc !== '2.0' || typeof method !== 'string' || method.length > 64) return null;
  if (id !== undefined && !isDaemonId(id)) return null;
  return Object.keys(value).every((name) => requestFields.has(name)) ? (value as DaemonRequestLine) : null;
}

function isDaemonId(value: unknown): boolean {
  return typeof value === 'string' ? isShortName(value) : Number.isSafeInteger(value) && Number(value) >= 0;
}

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

export const daemonNotificationSchema = z.strictObject({
  jsonrpc: z.literal('2.0'),
  method: z.string().max(64),
  params: z.unknown(),
});
