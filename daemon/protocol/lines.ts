/** Lines of the socket of sherind: JSON-RPC 2.0, one object a line. */
import { z } from 'zod';
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
