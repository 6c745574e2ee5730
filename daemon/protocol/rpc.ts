/**
 * JSON-RPC 2.0 as it stands on Sherin's sockets. On the control socket of sherin-fs one SOCK_SEQPACKET message holds
 * one object (at most 128 KiB) and may carry descriptors.
 */
import { z } from 'zod';

export const requestSchema = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: z.int().nonnegative(),
  method: z.string().max(64),
  params: z.record(z.string(), z.unknown()).default({}),
});
export type Request = z.infer<typeof requestSchema>;

/** An error of the table (`common/errors.ts`): its name, and what fills its sentence. */
export const failureSchema = z.strictObject({
  code: z.string().max(64),
  context: z.record(z.string(), z.union([z.string(), z.number()])),
});

export const errorSchema = z.strictObject({ code: z.int(), message: z.string(), data: failureSchema });

export const responseSchema = z.union([
  z.strictObject({ jsonrpc: z.literal('2.0'), id: z.int().nonnegative(), result: z.unknown() }),
  z.strictObject({ jsonrpc: z.literal('2.0'), id: z.int().nonnegative().nullable(), error: errorSchema }),
]);

/** Sent while a long request runs; `request` is its id. */
export const progressSchema = z.strictObject({
  jsonrpc: z.literal('2.0'),
  method: z.literal('progress'),
  params: z.strictObject({
    request: z.int().nonnegative(),
    done: z.number().nonnegative(),
    total: z.number().nonnegative(),
  }),
});

/** JSON-RPC codes: the reserved ones, and one for every error of the table. */
export const rpcCode = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  sherin: -32000,
} as const;
