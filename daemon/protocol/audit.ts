/** Methods of the control socket about the audit log. */
import { z } from 'zod';
import { auditConsistency, auditHead, auditProve, auditTail } from './methods/audit.js';
import { callerSchema } from './objects.js';
import { type Method, method, nothing } from './terms.js';
import { count } from './values.js';

/** For whom it is told; none: the peer, who may see all of it. */
const caller = callerSchema.optional();

/** What of the log is kept elsewhere, and was not looked at. */
const archived = z.strictObject({
  segments: count,
  records: count,
  parts: z.array(z.strictObject({ from: count, to: count, place: z.string() })),
});

/** Segments of the audit log that are, or can be, kept elsewhere. */
const segments = z.strictObject({
  from: count,
  to: count,
  /** Records up to their end, and the root over those. */
  size: count,
  root: z.string().max(44),
});

/** Beside the others of the control socket. */
export const auditMethods = {
  'audit.tail': method(
    'The last records of the audit log, whole, or those before one; as many of them as fit',
    z.strictObject({ count: z.int().min(1).max(200).default(20), before: count.optional() }),
    /** Oldest first. */
    z.strictObject({ records: z.array(z.record(z.string(), z.unknown())) }),
  ),
  'audit.page': method(
    'Records of the audit log that somebody may see, the newest first, without what is no short name or number',
    auditTail.params.extend({ caller }),
    auditTail.result,
  ),
  'audit.head': method('The signed head of the audit log', nothing, auditHead.result),
  'audit.prove': method(
    'Proves that a record is one of those that the head of the audit log signs',
    auditProve.params.extend({ caller }),
    /** The record's line is told to who may see all of it. */
    auditProve.result.extend({ record: z.string().max(4096).optional() }),
  ),
  'audit.consistency': method(
    'Proves that the audit log of so many records, or of all, begins with that of fewer; a head is null where none was signed at that size',
    auditConsistency.params,
    auditConsistency.result,
  ),
  'audit.verify': method(
    'Checks the whole audit log: chain, MACs, signed heads',
    nothing,
    z.strictObject({
      ...{ records: count, heads: count, root: z.string(), unauthenticated: count },
      archived: archived.nullable(),
    }),
  ),
  'audit.archivable': method(
    'Which whole segments of the audit log can be kept elsewhere; with neither wish all of it, as the last one is ended before',
    z.strictObject({
      keep: z.int().min(1).max(1_000_000).optional(),
      before: z
        .string()
        .regex(/^\d{1,19}$/)
        .optional(),
    }),
    z.strictObject({ segments: segments.nullable() }),
  ),
  'audit.archived': method(
    'Removes segments of the audit log that were copied elsewhere and checked there',
    z.strictObject({ ...segments.shape, place: z.string().min(1).max(512) }),
    z.strictObject({ freed: count }),
  ),
} as const satisfies Record<string, Method>;
