/** `task.*`: work that somebody wants done. A request is an object that the caller may read; so is a result. */
import { z } from 'zod';
import { type DomainName, domainNames } from '../../domains/catalogue.js';
import { dimensionNames } from '../../emotion/dimensions.js';
import { type DaemonTerm, daemonMethod } from '../rights.js';
import { count, sherinIdSchema, shortNameSchema, taskIdSchema } from '../short-values.js';
import { nothing } from '../terms.js';
import { isUsualAnswer, usualSubmission } from './usual-submission.js';

/** Tasks of a page, so that the longest fit a line. */
export const taskPage = 10;

export const taskStates = ['queued', 'running', 'done', 'failed', 'blocked', 'cancelled'] as const;
export const taskStateSchema = z.enum(taskStates);

/** Of whoever asked on a result. */
export const verdicts = ['good', 'bad'] as const;

/** Fields of work that a request can be given to. */
export const taskDomains = domainNames as readonly [DomainName, ...DomainName[]];

const domains: ReadonlySet<unknown> = new Set(taskDomains);

/** A hundred years. */
const mostSeconds = 3_200_000_000;

const domainSchema = z.enum(taskDomains);

const time = count.describe('milliseconds since 1970');
const policySchema = z
  .strictObject({ decision: shortNameSchema, reason: shortNameSchema.describe('the step that decided') })
  .describe('of the policy engine on the submission');

const submission = {
  id: sherinIdSchema.describe('the request: an object that the caller may read'),
  inputs: z
    .array(sherinIdSchema)
    .max(8)
    .default([])
    .describe('what the bot is given besides the request: objects that the caller may read'),
  priority: z.int().min(0).max(9).default(5).describe("9 is first, among one's own tasks"),
  emotion: z
    .partialRecord(z.enum(dimensionNames), z.number().min(0).max(1))
    .default({})
    .describe('lowers dimensions of the emotional state for this task; it raises none'),
};

const submitted = {
  task_id: taskIdSchema,
  state: taskStateSchema,
  result_id: sherinIdSchema.optional().describe('once it is done'),
  policy: policySchema,
};

const whySchema = shortNameSchema.describe('why it ended as it did, or why the last attempt was lost');

const taskSchema = z.strictObject({
  task_id: taskIdSchema,
  id: sherinIdSchema.describe('the request'),
  state: taskStateSchema,
  domain: shortNameSchema,
  department: shortNameSchema,
  class: shortNameSchema,
  priority: z.int().min(0).max(9),
  result_id: sherinIdSchema.optional(),
  error: whySchema.optional(),
  bot: shortNameSchema.optional().describe('who runs it, or ran it last'),
  failures: count.describe('attempts that were lost; three are the end'),
  measured: z.boolean().optional().describe('whether the result was good, once somebody has said so'),
  parent_id: taskIdSchema.optional(),
  waiting: count.describe('sub-tasks or parts that it waits for'),
  times: z.strictObject({
    submitted: time,
    started: time.optional().describe('the last attempt'),
    ended: time.optional(),
  }),
});
export type TaskAnswer = z.infer<typeof taskSchema>;

const listedSchema = z.strictObject({
  task_id: taskIdSchema,
  id: sherinIdSchema,
  state: taskStateSchema,
  domain: shortNameSchema,
  submitted: time,
  result_id: sherinIdSchema.optional(),
  error: whySchema.optional(),
});

const partSchema = z.strictObject({ task_id: taskIdSchema, domain: shortNameSchema, state: taskStateSchema });

const named = z.strictObject({ task_id: taskIdSchema });

export const taskMethods = {
  'task.submit': daemonMethod(
    'open',
    'Gives a request to a bot, or answers with the result that is known already. EPOLICY where no bot works in its domain',
    z
      .strictObject({
        ...submission,
        domain: domainSchema.optional().describe('none: as the planning bot says'),
        class: shortNameSchema.optional().describe('one of the domain, which is named, too'),
      })
      .refine((wish) => wish.class === undefined || wish.domain !== undefined, 'class: wants a domain'),
    z.strictObject(submitted),
    { usual: { params: (value) => usualSubmission(value, domains), result: isUsualAnswer } },
  ),
  'task.submitMulti': daemonMethod(
    'open',
    'Gives a request to a bot of each domain; what they give is merged into one result',
    z.strictObject({
      ...submission,
      domains: z
        .array(domainSchema)
        .min(1)
        .max(domainNames.length)
        .refine((domains) => new Set(domains).size === domains.length, 'a domain is named twice'),
    }),
    z.strictObject({ ...submitted, parts: z.array(partSchema).max(domainNames.length) }),
  ),
  'task.get': daemonMethod('own', 'One task', named, taskSchema),
  'task.list': daemonMethod(
    'own',
    'Tasks, the newest first, in pages',
    z.strictObject({
      state: taskStateSchema.optional().describe('only those'),
      all: z.boolean().default(false).describe("others' tasks, too; for administrators"),
      page: count.optional().describe('`next` of the page before'),
    }),
    z.strictObject({
      tasks: z.array(listedSchema).max(taskPage),
      next: count.nullable().describe('null: there is no more'),
    }),
    { reserved: { all: true } },
  ),
  'task.cancel': daemonMethod(
    'own',
    'Ends a task and all below it; nothing changes for one that has ended',
    named,
    z.strictObject({ task_id: taskIdSchema, state: taskStateSchema }),
  ),
  'task.watch': daemonMethod(
    'own',
    'Tells of tasks that change their state from now on, as notifications `task`, to the end of the connection, in place of what it watched before',
    z.strictObject({
      of: z
        .enum(['own', 'all', 'none'])
        .default('own')
        .describe('`all`: for administrators; `none`: ends it'),
      task_id: taskIdSchema.optional().describe('only this one'),
    }),
    nothing,
    { reserved: { of: 'all' } },
  ),
  'task.feedback': daemonMethod(
    'own',
    'Says whether a result was good, once: what is remembered and how far the bot is trusted follow (EALREADY else)',
    z.strictObject({ task_id: taskIdSchema, verdict: z.enum(verdicts) }),
    nothing,
  ),
  'task.merge': daemonMethod(
    'own',
    'Does not wait for parts that are open: they are cancelled, and what is done is merged',
    z.strictObject({ parent_id: taskIdSchema }),
    z.strictObject({
      task_id: taskIdSchema,
      state: taskStateSchema,
      result_id: sherinIdSchema.optional().describe('once it is merged'),
    }),
  ),
  'task.clean': daemonMethod(
    'own',
    'Removes old results that no task tells of any more; their space comes back with gc',
    z.strictObject({
      older_than: count.max(mostSeconds).describe('seconds since it became a result'),
      all: z.boolean().default(false).describe("others' results, too; for administrators"),
      dry_run: z.boolean().default(false).describe('only counts them'),
    }),
    z.strictObject({ removed: count, kept: count.describe('as old, and a task tells of them') }),
    { reserved: { all: true } },
  ),
} as const satisfies Record<string, DaemonTerm>;

/** What there is to tell of a task that has changed. */
export const taskNews = {
  task_id: taskIdSchema,
  state: taskStateSchema,
  from: taskStateSchema.optional().describe('none: it is new'),
  result_id: sherinIdSchema.optional(),
  error: shortNameSchema.optional(),
  bot: shortNameSchema.optional(),
} as const;

/** What sherind says without being asked, by method. */
export const taskNotifications = {
  task: {
    summary: 'A task has come or changed its state',
    params: z.strictObject(taskNews),
  },
} as const;
