/** `audit.*`: the audit log of the vault, as far as the caller may see it, and proofs that it has not changed. */
import { z } from 'zod';
import { type DaemonTerm, daemonMethod } from '../rights.js';
import { count, hashSchema, shortNameSchema, signatureSchema, uuid } from '../short-values.js';
import { nothing } from '../terms.js';

/** Records of a page, and bytes of their JSON: fewer where they are long, so that they fit a line. */
export const auditPage = { records: 16, bytes: 3_584 } as const;
/** Bytes of the JSON of the longest record that travels. */
export const longestTold = 2_048;

const recordSchema = z.strictObject({
  seq: count.describe('its place in the log, from 0'),
  ts: count.describe('milliseconds since 1970'),
  event: shortNameSchema,
  id: shortNameSchema.nullable().describe('the object or cube it is about'),
  uid: count.nullable().describe('who did it'),
  pid: count.nullable(),
  exe: shortNameSchema.nullable().describe('name of the program; advisory'),
  meta: z
    .record(shortNameSchema, z.union([shortNameSchema, z.number(), z.boolean(), z.null()]))
    .describe('what else there is to tell'),
  whole: z
    .boolean()
    .describe('false: something was left out that is no short name or number; `.sherin/audit.jsonl` has it'),
});
export type ToldRecord = z.infer<typeof recordSchema>;

const headSchema = z.strictObject({
  size: count.describe('records that it signs'),
  root: hashSchema,
  time: shortNameSchema.describe('nanoseconds since 1970'),
  signature: signatureSchema.describe('by the vault; FORMAT.md says over what'),
});

export const auditTail = {
  params: z.strictObject({
    count: z.int().min(1).max(auditPage.records).default(auditPage.records),
    page: count.optional().describe('`next` of the page before'),
  }),
  result: z.strictObject({
    records: z.array(recordSchema).max(auditPage.records),
    next: count
      .nullable()
      .describe(
        'null: there is no more. A page may be empty and have a next one: much of others was passed over',
      ),
  }),
} as const;

const vault = uuid.describe('of the vault');

export const auditHead = { params: nothing, result: headSchema.extend({ vault }) } as const;

export const auditProve = {
  params: z.strictObject({ seq: count.describe('of the record, as `audit.tail` tells it') }),
  result: z.strictObject({
    seq: count,
    leaf: hashSchema.describe('of the line of the record'),
    path: z.array(hashSchema).max(53).describe('hashes beside the way from the leaf to the root (RFC 9162)'),
    head: headSchema,
    vault,
  }),
} as const;

/** Of whole logs, for who comes to the control socket. */
export const auditConsistency = {
  params: z.strictObject({ from: count, to: count.optional() }),
  result: z.strictObject({
    from: headSchema.nullable(),
    to: headSchema.nullable(),
    path: z.array(hashSchema).max(54),
    vault,
  }),
} as const;

export const auditMethods = {
  'audit.tail': daemonMethod(
    'own',
    'Records of the audit log, the newest first, in pages: of what the caller did, or what was done for it; administrators see all',
    auditTail.params,
    auditTail.result,
  ),
  'audit.head': daemonMethod('open', 'The signed head of the audit log', auditHead.params, auditHead.result),
  'audit.prove': daemonMethod(
    'own',
    'Proves that a record, one that the caller may see, is one of those that the present head signs',
    auditProve.params,
    auditProve.result,
  ),
} as const satisfies Record<string, DaemonTerm>;
