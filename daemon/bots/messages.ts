/** The datagrams between sherind and a bot: one JSON object each, of IDs, names and numbers only (docs/writing-a-bot.md). */
import { z } from 'zod';
import { asSherinId, type SherinId } from '../../common/ids.js';
import { botNameSchema } from './manifest.js';

/** Bytes of the longest datagram to a bot, and from one: an answer with 16 IDs has about 1,100. */
export const taskLimit = 512;
export const answerLimit = 2_048;

const sherinIdSchema = z.string().transform((text, context): SherinId => {
  try {
    return asSherinId(text);
  } catch {
    context.addIssue('a Sherin ID is wanted');
    return z.NEVER;
  }
});

export const taskMessageSchema = z.strictObject({
  /** The request: in/<task_id>. */
  task_id: sherinIdSchema,
  domain: botNameSchema,
  department: botNameSchema,
  class: botNameSchema,
  /** Place of the task among those of all bots, as sherind gave them out. */
  order_seq: z.int().nonnegative(),
  /** Milliseconds since 1970. */
  timestamp: z.int().nonnegative(),
});
export type TaskMessage = z.infer<typeof taskMessageSchema>;

const resultSchema = z.strictObject({
  task_id: sherinIdSchema,
  /** ID of a file of out/, or its name where that looks like one. */
  result_id: sherinIdSchema,
});
/** Files of out/ that are to be done as tasks of their own before this one; what there is of a result does not count. */
const requiresSchema = z.strictObject({
  task_id: sherinIdSchema,
  result_id: sherinIdSchema.optional(),
  requires: z.array(sherinIdSchema).min(1).max(16),
});
const errorSchema = z.strictObject({ task_id: sherinIdSchema, error: botNameSchema });
/** Of the planning bot: three names of the catalogue. */
const classifiedSchema = z.strictObject({
  task_id: sherinIdSchema,
  domain: botNameSchema,
  department: botNameSchema,
  class: botNameSchema,
});
/** Of the safety bot. */
const passSchema = z.strictObject({ task_id: sherinIdSchema, pass: z.literal(true) });
const refusalSchema = z.strictObject({
  task_id: sherinIdSchema,
  pass: z.literal(false),
  reason: botNameSchema,
});
/** That it is there: the first says that it is ready. */
const heartbeatSchema = z.strictObject({ heartbeat: z.literal(true) });

const workSchema = z.union([resultSchema, requiresSchema, errorSchema]);
const controlSchema = z.union([classifiedSchema, passSchema, refusalSchema]);

export const botMessageSchema = z.union([workSchema, controlSchema, heartbeatSchema]);
export type BotMessage = z.infer<typeof botMessageSchema>;
export type BotAnswer = z.infer<typeof workSchema> | z.infer<typeof controlSchema>;

/** Whether only a bot of layer control may say it. */
export function isOfControl(answer: BotAnswer): boolean {
  return 'pass' in answer || 'department' in answer;
}

/** @throws ZodError for what is no task: the caller's mistake */
export function encodeTask(task: TaskMessage): Buffer {
  return Buffer.from(JSON.stringify(taskMessageSchema.parse(task)));
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** What a bot has sent; undefined for anything else. */
export function decodeBotMessage(bytes: Buffer): BotMessage | undefined {
  try {
    return botMessageSchema.safeParse(JSON.parse(utf8.decode(bytes))).data;
  } catch {
    return undefined;
  }
}
