/** What a bot says of itself: `bot.json` in its folder (docs/writing-a-bot.md). */
import { z } from 'zod';
import { parseNamespace } from '../../common/ids.js';

const MiB = 1024 * 1024;

/** Bots, domains, departments: lower case, so that a name is one folder name and one word of a log. */
export const botNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name of 1 to 32 of a-z, 0-9 and - is wanted');

const versionSchema = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,31}$/, 'a version like 1.0.0 is wanted');

const namespaceSchema = z.string().refine((text) => {
  try {
    parseNamespace(text);
    return true;
  } catch {
    return false;
  }
}, 'a namespace is wanted');

/** A path below the bot's folder without steps upwards. */
const programSchema = z
  .string()
  .max(256)
  .regex(/^\.\/(?!.*(?:^|\/)\.\.?(?:\/|$))[^\0]+$/, 'a path like ./bot.py, inside the folder, is wanted');
const argumentSchema = z
  .string()
  .max(256)
  .regex(/^[^\0]*$/, 'a zero byte is no part of an argument');

function bytes(least: number, most: number, usual: number) {
  return z.int().min(least).max(most).default(usual);
}

/** What a bot may use; each number bounds all of one instance, where not said otherwise. */
export const botLimitsSchema = z.strictObject({
  /** Bytes of memory. */
  memory: bytes(16 * MiB, 64 * 1024 * MiB, 512 * MiB),
  /** Processor seconds of one process in its life. */
  cpu_seconds: z.int().min(1).max(1_000_000).default(3_600),
  /** Processes and threads. */
  processes: z.int().min(2).max(1_024).default(64),
  /** Open files of one process. */
  files: z.int().min(16).max(4_096).default(256),
  /** Bytes of one file that a process writes. */
  file_size: bytes(MiB, 64 * 1024 * MiB, 256 * MiB),
  /** Bytes of its own /tmp, which is memory. */
  tmp: bytes(MiB, 4 * 1024 * MiB, 64 * MiB),
  /** Seconds for one task. */
  task_seconds: z.int().min(1).max(3_600).default(30),
});
export type BotLimits = z.infer<typeof botLimitsSchema>;

export const botManifestSchema = z.strictObject({
  bot_id: botNameSchema,
  version: versionSchema,
  layer: z.enum(['control', 'worker']),
  domain: botNameSchema,
  subdomain: botNameSchema.nullable().default(null),
  specialty: botNameSchema.nullable().default(null),
  department: botNameSchema.nullable().default(null),
  /** The program, a file of the bot's folder, and its arguments. */
  exec: z
    .tuple([programSchema])
    .rest(argumentSchema)
    .refine((words) => words.length <= 16, 'at most 16 words'),
  connection_points: z.array(botNameSchema).max(16).default([]),
  /** Tasks at the same time; a socket's queue holds ten datagrams (unix(7), net.unix.max_dgram_qlen). */
  max_concurrent: z.int().min(1).max(8).default(1),
  limits: botLimitsSchema.prefault({}),
  /** It makes sandboxes of its own in its sandbox, for programs of strangers: namespaces and mounts are not refused to it. */
  nests: z.boolean().default(false),
  /** On what a result depends besides the request: nothing, or what these namespaces hold. */
  inputs: z.union([z.literal('pure'), z.array(namespaceSchema).min(1).max(16)]).default('pure'),
});
export type BotManifest = z.infer<typeof botManifestSchema>;
