/** Method of the control socket for sherind alone: whether a request may be worked on, in one question for each submission. */
import { z } from 'zod';
import { auditEventSchema, mostEntries } from './engine.js';
import { callerSchema } from './objects.js';
import { failureSchema } from './rpc.js';
import { sherinIdSchema } from './short-values.js';
import { type Method, method } from './terms.js';

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

const answerSchema = z.union([
  z.strictObject({ results: z.array(z.enum(goodness)) }),
  z.strictObject({ error: failureSchema }),
]);
export type AdmissionAnswer = z.infer<typeof answerSchema>;

/** Beside the others of the control socket; from root and the user who runs sherin-fs only. */
export const admissionMethods = {
  'request.admit': method(
    'For each submission: whether the caller may read what it needs, what was decided on record, and which remembered results are his to have',
    z.strictObject({ entries: z.array(entrySchema).min(1).max(mostEntries) }),
    z.strictObject({ answers: z.array(answerSchema) }),
  ),
} as const satisfies Record<string, Method>;
