/** Methods of the control socket for sherind alone: whether a request may be worked on, in one question for each submission. */
import { z } from 'zod';
import { auditEventSchema, auditSeriesSchema, mostEntries } from './engine.js';
import { callerSchema } from './objects.js';
import { failureSchema } from './rpc.js';
import { sherinIdSchema } from './short-values.js';
import { type Method, method, nothing } from './terms.js';
import { count } from './values.js';

/** Objects that a submission needs: the request and what the bot is given besides. */
const mostReads = 16;
/** Remembered results of one submission: some for each domain. */
const mostResults = 128;
const mostEvents = 4;

/** Of a remembered result. `unverified`: it is there for him, and has not been verified since sherin-fs started; `none`: it answers nothing. */
export const goodness = ['good', 'unverified', 'none'] as const;
export type Goodness = (typeof goodness)[number];

const entrySchema = z.strictObject({
  caller: callerSchema,
  /** What he has to be able to read; else nothing is recorded, and the answer is why. */
  reads: z.array(sherinIdSchema).max(mostReads),
  results: z.array(sherinIdSchema).max(mostResults),
  /** What was decided; on record, as `audit.append` does it, before the answer. */
  events: z.array(auditEventSchema).max(mostEvents),
});
export type AdmissionEntry = z.infer<typeof entrySchema>;

/** Of somebody whom sherind has answered. */
const answeredSchema = auditSeriesSchema.extend({ caller: callerSchema.pick({ uid: true, pid: true }) });
export type AnsweredEntry = z.infer<typeof answeredSchema>;

const answerSchema = z.union([
  z.strictObject({ results: z.array(z.enum(goodness)) }),
  z.strictObject({ error: failureSchema }),
]);
export type AdmissionAnswer = z.infer<typeof answerSchema>;

/** Beside the others of the control socket; from root and the user who runs sherin-fs only. */
export const admissionMethods = {
  'request.admit': method(
    'For each submission: whether the caller may read what it needs, what was decided on record, and which remembered results are his to have',
    z.strictObject({
      entries: z.array(entrySchema).min(1).max(mostEntries),
      /** Whoever has the page of `request.standing` says so, and is told for how long the answers stand. */
      standing: z.literal(true).optional(),
    }),
    z.strictObject({
      answers: z.array(answerSchema),
      /** The answers stand as long as the page has this count, and a second at most; 0: they do not. */
      generation: count.optional(),
    }),
  ),
  'request.answered': method(
    'Puts on record what was decided of submissions that sherind has answered already, by what stood: in this order, durable within some milliseconds, and whatever state the vault is in',
    z.strictObject({ entries: z.array(answeredSchema).min(1).max(mostEntries) }),
    nothing,
  ),
  'request.standing': method(
    'A page of memory, as a descriptor beside the answer: a count that becomes another before anything changes that an answer to request.admit could depend on',
    nothing,
    nothing,
  ),
} as const satisfies Record<string, Method>;
