/** What the queue takes: IDs, numbers and short names, within bounds. */
import { z } from 'zod';
import { SherinError } from '../../common/errors.js';
import { asSherinId } from '../../common/ids.js';
import { shortNameSchema } from '../../common/short-name.js';
import { mostChildren, mostInputs } from './task.js';
import { asTaskId } from './task-id.js';

const sherinId = z.string().transform((text, context) => {
  try {
    return asSherinId(text);
  } catch {
    // Without its value, which may be a text that somebody took for an ID.
    context.addIssue({ code: 'custom', message: 'a Sherin ID is wanted' });
    return z.NEVER;
  }
});

const taskId = z.string().transform((text, context) => {
  const id = asTaskId(text);
  if (id !== undefined) return id;
  context.addIssue({ code: 'custom', message: 'a task ID is wanted' });
  return z.NEVER;
});

const common = {
  /** One that was given out before; none: a new one. */
  id: taskId.optional(),
  /** uid of the submitter. */
  owner: z.int().min(0).max(0xffff_ffff),
  request: sherinId,
  /** What the bot is given besides the request. */
  inputs: z.array(sherinId).max(mostInputs).default([]),
  /** 9 is first; among one owner's tasks only. */
  priority: z.int().min(0).max(9).default(5),
};

const classificationSchema = z.strictObject({
  domain: shortNameSchema,
  department: shortNameSchema,
  class: shortNameSchema,
});

export const submissionSchema = classificationSchema.extend(common);
export type Submission = z.input<typeof submissionSchema>;

const partsSchema = z
  /** A part with a result is done from the start. */
  .array(classificationSchema.extend({ id: taskId.optional(), result: sherinId.optional() }))
  .min(1)
  .max(mostChildren)
  .refine(
    (parts) => new Set(parts.map(({ domain }) => domain)).size === parts.length,
    'a domain is named twice',
  );

export const compositeSchema = z.strictObject({ ...common, parts: partsSchema });
export type CompositeSubmission = z.input<typeof compositeSchema>;

export const subTasksSchema = z
  .array(classificationSchema.extend({ request: sherinId }))
  .min(1)
  .max(mostChildren);
export type SubTasks = z.input<typeof subTasksSchema>;

/** @throws SherinError USAGE, naming the field and nothing of its value */
export function accept<S extends z.ZodType>(schema: S, value: z.input<S>): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const known = issue !== undefined && issue.code !== 'unrecognized_keys';
  const field = issue?.path.join('.') || 'task';
  throw new SherinError('USAGE', {
    what: `${field}: ${known ? issue.message : 'a field that is not known'}`,
  });
}
