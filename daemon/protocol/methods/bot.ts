/** `bot.*`: the programs that do the work, at run time. */
import { z } from 'zod';
import { type DaemonTerm, daemonMethod } from '../rights.js';
import { count, shortNameSchema } from '../short-values.js';
import { nothing } from '../terms.js';

/** Bots of one answer: it has to fit a line. */
export const botPage = 12;

export const botStatuses = ['active', 'standby', 'learning', 'waiting', 'stopped', 'failed'] as const;
export type BotStatus = (typeof botStatuses)[number];

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a bot is 1 to 32 of a-z, 0-9 and -')
  .meta({ title: 'bot name' });

/** The one text of the socket that is a path: administrators name a folder of this machine, and nothing else fits. */
const folder = z
  .string()
  .max(255)
  .regex(/^\/[A-Za-z0-9._/+-]*$/, 'an absolute path of letters, digits and ._/+- is wanted')
  .meta({ title: 'bot folder' });

const facts = {
  bot: shortNameSchema,
  version: shortNameSchema.nullable().describe('null: its folder can not be read'),
  layer: shortNameSchema.nullable(),
  domain: shortNameSchema.nullable(),
  status: z
    .enum(botStatuses)
    .describe(
      '`standby`: another bot of its domain works; `learning`: its results were measured less than three times; `waiting`: it is started when the vault is opened',
    ),
  state: shortNameSchema.describe(
    'of its process: starting, ready, waiting (for its next start), failed, stopped, faulty; waits-for-vault',
  ),
};

const bot = z.strictObject({
  ...facts,
  subdomain: shortNameSchema.nullable(),
  specialty: shortNameSchema.nullable(),
  connection_points: z.array(shortNameSchema).max(16),
  max_concurrent: count.nullable(),
  trust_score: z.number().min(0).max(1).describe('from measured results of this version; 0.5: none was'),
  uid: count.nullable().describe('its user outside; null: the one who runs sherind'),
  restarts: count,
  last_end: shortNameSchema.nullable().describe('why its process ended last'),
  fault: shortNameSchema.nullable().describe('why it can not be started'),
  limits: z
    .strictObject({
      memory: shortNameSchema,
      processes: shortNameSchema,
      processor: shortNameSchema,
      user: shortNameSchema,
    })
    .nullable()
    .describe('what holds it within its limits; null while it does not run'),
  last_update: count.describe('milliseconds since 1970'),
});

const one = z.strictObject({ bot: name });

export const botMethods = {
  'bot.list': daemonMethod(
    'open',
    'Bots by name, and how they are',
    z.strictObject({ page: shortNameSchema.optional().describe('the last bot of the page before') }),
    z.strictObject({ bots: z.array(z.strictObject(facts)), next: shortNameSchema.nullable() }),
  ),
  'bot.get': daemonMethod('open', 'One bot', one, bot),
  'bot.register': daemonMethod(
    'admin',
    'Takes the bot of a folder (docs/writing-a-bot.md) in place of the one of its name, and starts it where the vault is open; policy decides as for `bot_register`',
    z.strictObject({ path: folder }),
    z.strictObject({ bot: shortNameSchema, version: shortNameSchema, state: shortNameSchema }),
  ),
  'bot.start': daemonMethod(
    'admin',
    'Starts a bot, with its folder as it is now; it runs from then on whenever the vault is open',
    one,
    z.strictObject({ state: shortNameSchema }),
  ),
  'bot.stop': daemonMethod(
    'admin',
    'Stops a bot for good: its tasks are tried again by another of its domain, or wait',
    one,
    nothing,
  ),
  'bot.remove': daemonMethod(
    'admin',
    'Stops a bot and forgets its folder; one that came along with sherind is there again as it was',
    one,
    nothing,
  ),
} as const satisfies Record<string, DaemonTerm>;
