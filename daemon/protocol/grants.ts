/** Methods for who gives tasks to bots: their folders at the mount, what they may read there, and their results. */
import { z } from 'zod';
import { callerSchema } from './objects.js';
import { type Method, method, nothing } from './terms.js';
import { count } from './values.js';

/** Names a folder of the mount, too: no slash, no dot. */
export const botName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'a bot is 1 to 64 of a-z, 0-9 and -');
export const taskName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'a task is 1 to 64 letters, digits, _ and -');
const id = z.string().min(1).max(64);
const user = z.int().min(0).max(0xffff_fffe);
/** Of who gave a task, as the kernel named them. */
const submitter = { uid: user, gid: user } as const;

/** Bytes that a bot may have in `out/` where nothing else is said. */
const outBytes = 64 * 1024 * 1024;

/** Bytes of the longest request that comes through the control socket's descriptor; at the mount there is no limit. */
export const mostRequestBytes = 1024 * 1024;

/** Results of one message. */
export const resultsPage = 500;

/** Whose results: those of all users, for administrators and the owner of the vault; else those of who asks. */
const whose = { all: z.boolean().default(false), caller: callerSchema.optional() } as const;

/** Beside the others of the control socket. */
export const grantMethods = {
  'bot.open': method(
    'Makes bots/<bot>/in and out at the mount, both empty, for this uid and root alone',
    z.strictObject({
      bot: botName,
      uid: user,
      /** Bytes of all that it may have in out/. */
      mostBytes: z
        .int()
        .min(1)
        .max(2 ** 40)
        .default(outBytes),
    }),
    nothing,
  ),
  'bot.close': method(
    'Ends all grants of a bot, and removes its folder with all in it',
    z.strictObject({ bot: botName }),
    nothing,
  ),
  'grant.add': method(
    'Shows a bot these objects, all or none, if who gave the task may read them; recorded before the answer',
    z.strictObject({
      bot: botName,
      task: taskName,
      ...submitter,
      groups: z.array(user).max(256).default([]),
      ids: z.array(id).min(1).max(256),
    }),
    nothing,
  ),
  'grant.end': method(
    'Takes back what a task gave a bot: files that it has open answer EACCES, too; recorded before the answer',
    z.strictObject({ bot: botName, task: taskName }),
    z.strictObject({ ended: count }),
  ),
  'result.offer': method(
    'The ID of a file that a bot has written and closed, which another bot may read from then on; recorded before the answer',
    z.strictObject({
      bot: botName,
      task: taskName,
      /** Name or ID of the file in out/. */
      name: z.string().min(1).max(255),
      /** Who judges it; null: nobody. */
      to: botName.nullable(),
    }),
    z.strictObject({ id }),
  ),
  'result.take': method(
    'Makes a file that a bot has written an object of who gave the task, and takes it from out/; recorded before the answer',
    z.strictObject({
      bot: botName,
      task: taskName,
      /** As `result.offer` gave it; refused where the file has changed since. */
      id,
      as: z.enum(['result', 'request']).default('result'),
      ...submitter,
      botVersion: z.string().max(64).default(''),
      /** Bots for which `grant.end` is done with it. */
      ends: z.array(botName).max(2).default([]),
    }),
    z.strictObject({ id }),
  ),
  'result.list': method(
    'Results that are older than a time, by inode number, in pages',
    z.strictObject({
      ...whose,
      /** Nanoseconds since 1970. */
      before: z.string().regex(/^\d{1,20}$/),
      /** `next` of the page before. */
      after: z.int().nonnegative().optional(),
    }),
    z.strictObject({
      results: z.array(z.strictObject({ ino: z.int().nonnegative(), id })),
      next: z.int().nonnegative().nullable(),
    }),
  ),
  'result.remove': method(
    'Removes results by their inode numbers; gc gives their space back. What is none of them is passed over',
    z.strictObject({ ...whose, inos: z.array(z.int().nonnegative()).max(resultsPage) }),
    z.strictObject({ removed: z.int().nonnegative() }),
  ),
  'task.put': method(
    'Stores the content of the descriptor, a sealed memory file, in inbox/ as a request of who asks',
    nothing,
    z.strictObject({ id }),
    [1, 1],
  ),
} as const satisfies Record<string, Method>;
