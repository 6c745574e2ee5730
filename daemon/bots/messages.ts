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
  result_id: sherinIdSchema,
  /** Files of out/ that are to be done as tasks of their own. */
  requires: z.array(sherinIdSchema).max(16).optional(),
});
const errorSchema = z.strictObject({ task_id: sherinIdSchema, error: botNameSchema });
/** That it is there: the first says that it is ready. */
const heartbeatSchema = z.strictObject({ heartbeat: z.literal(true) });

export const botMessageSchema = z.union([resultSchema, errorSchema, heartbeatSchema]);
export type BotMessage = z.infer<typeof botMessageSchema>;
export type BotAnswer = z.infer<typeof resultSchema> | z.infer<typeof errorSchema>;

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
