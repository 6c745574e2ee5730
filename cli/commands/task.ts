import { SherinError } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import type { DaemonResult } from '../../daemon/protocol/daemon.js';
import { taskDomains, taskStates, verdicts } from '../../daemon/protocol/methods/task.js';
import { choice, command, flag, group, many, number, text } from '../definition.js';
import { printTable } from '../output/table.js';
import { formatTime } from '../output/units.js';
import { withDaemon } from '../service/daemon.js';
import { inputId, requestId } from '../service/request.js';
import { watchTasks } from '../service/watch-tasks.js';
import { clean } from './task-clean.js';

const request = {
  form: '<request>',
  text: 'a Sherin ID, a text that is stored in inbox/ of the mount, or - for stdin',
  completes: 'nothing',
} as const;
const taskId = {
  form: '<task>',
  text: 'a task ID, as submit and list tell it',
  completes: 'nothing',
} as const;
const priority = number('--priority <n>', '9 is first, among your own tasks; 5 where none is given', {
  least: 0,
  most: 9,
});
const inputs = many(
  '--input <target...>',
  'what the bot is given besides: paths or IDs, at most 8',
  'vault-path',
);
const bestForText =
  'A text on the command line can be seen by other processes of this machine while sherinctl runs: give what is secret on stdin, or by its ID.';

const submit = command({
  name: 'submit',
  summary: 'Give a request to a bot, or get the result that is known already',
  details: [
    'Only the ID of the request goes to sherind; the result is an ID, too, which task list tells: read it at the mount, in ids/, or with sherinctl cat. There stands, too, why one has failed or was blocked.',
    bestForText,
  ],
  args: [request],
  options: {
    domain: choice('--domain <domain>', 'the field of work; else the planning bot says', taskDomains),
    class: text('--class <class>', 'the kind of work within the domain', 'nothing'),
    inputs,
    priority,
  },
  examples: [
    { text: 'A text', line: "sherinctl task submit --domain calculations '6 * 7'" },
    { text: 'A text on stdin', line: 'sherinctl task submit - < question.txt' },
    {
      text: 'A question to a collection',
      line: "sherinctl task submit --domain knowledge 'how do I rotate logs?' --input files/doc.collection",
    },
    {
      text: 'A stored request',
      line: 'sherinctl task submit TASK_20260101_0123456789abcdef0123456789abcdef',
    },
  ],
  run: async (session, [words = ''], { domain, class: kind, inputs, priority: first }) => {
    const { places } = session;
    const answer = await withDaemon(session, async (client) =>
      client.call('task.submit', {
        id: await requestId(client, places.mount, words),
        inputs: await Promise.all(inputs.map((target) => inputId(client, places, target))),
        ...(domain === undefined ? {} : { domain }),
        ...(kind === undefined ? {} : { class: kind }),
        ...(first === undefined ? {} : { priority: first }),
      }),
    );
    session.output.result(answer, () => session.output.line(submittedLine(answer)));
    return exitOf(answer.state);
  },
});

const submitMulti = command({
  name: 'submit-multi',
  summary: 'Give a request to a bot of each of several domains, and have their results merged',
  details: [bestForText],
  args: [request, { form: '<domain...>', text: 'two domains or more', completes: taskDomains }],
  options: { priority },
  examples: [
    { text: 'Two fields', line: "sherinctl task submit-multi 'why is the sky blue?' physics chemistry" },
  ],
  run: async (session, [words = '', ...domains], { priority: first }) => {
    const answer = await withDaemon(session, async (client) =>
      client.call('task.submitMulti', {
        id: await requestId(client, session.places.mount, words),
        domains: domains.map(domainOf),
        ...(first === undefined ? {} : { priority: first }),
      }),
    );
    const { output } = session;
    output.result(answer, () => {
      output.line(submittedLine(answer));
      for (const { task_id, domain, state } of answer.parts) output.line(`  ${task_id}  ${domain}  ${state}`);
    });
    return exitOf(answer.state);
  },
});

const get = command({
  name: 'get',
  summary: 'Show one task',
  args: [taskId],
  examples: [{ text: 'For machines', line: 'sherinctl task get t_abcdefghijklmnopqrstuvwxya --json' }],
  run: async (session, [id = '']) => {
    const task = await withDaemon(session, (client) => client.call('task.get', { task_id: id }));
    const { output } = session;
    output.result(task, () => {
      for (const [name, value] of rows(task)) output.line(`${`${name}:`.padEnd(10)} ${value}`);
    });
  },
});

const list = command({
  name: 'list',
  summary: 'List your tasks, the newest first',
  options: {
    state: choice('--state <state>', 'only those', taskStates),
    all: flag('--all', "others' tasks, too; for administrators"),
    count: number('-n, --count <n>', 'how many; 20 where none is given', { least: 1, most: 10_000 }),
  },
  examples: [{ text: 'What waits', line: 'sherinctl task list --state queued' }],
  run: async (session, _args, { state, all, count = 20 }) => {
    const tasks: DaemonResult<'task.list'>['tasks'] = [];
    await withDaemon(session, async (client) => {
      let next: number | null = null;
      do {
        const page: { page?: number } = next === null ? {} : { page: next };
        const wish = { all, ...(state === undefined ? {} : { state }), ...page };
        const found: DaemonResult<'task.list'> = await client.call('task.list', wish);
        tasks.push(...found.tasks);
        next = found.next;
      } while (next !== null && tasks.length < count);
    });
    const shown = tasks.slice(0, count);
    const { output } = session;
    output.result({ tasks: shown }, () => {
      if (shown.length === 0) return output.line('no tasks');
      const cells = shown.map((task) => [
        ...[task.task_id, task.state, task.domain, timeOf(task.submitted)],
        task.result_id ?? task.error ?? '',
      ]);
      printTable(output, ['task', 'state', 'domain', 'submitted', 'result or reason'], cells);
    });
  },
});

const watch = command({
  name: 'watch',
  summary: 'Tell of tasks as they change, until Ctrl-C; of one, until it has ended',
  args: [{ form: '[task]', text: 'a task ID; none: all of yours', completes: 'nothing' }],
  options: { all: flag('--all', "others' tasks, too; for administrators") },
  examples: [
    { text: 'Wait for one', line: 'sherinctl task watch t_abcdefghijklmnopqrstuvwxya' },
    { text: 'As JSON lines', line: 'sherinctl task watch --json' },
  ],
  run: async (session, [id], { all }) => {
    const { output } = session;
    const state = await watchTasks(session, { id, all }, (change) => {
      const { task_id, state: now, result_id, error } = change;
      if (output.json) output.record(change);
      else output.line([task_id, now, result_id ?? error].filter(Boolean).join('  '));
    });
    return exitOf(state);
  },
});

const cancel = command({
  name: 'cancel',
  summary: 'End a task and all below it; nothing changes for one that has ended',
  args: [taskId],
  examples: [{ text: 'One', line: 'sherinctl task cancel t_abcdefghijklmnopqrstuvwxya' }],
  run: async (session, [id = '']) => {
    const answer = await withDaemon(session, (client) => client.call('task.cancel', { task_id: id }));
    session.output.result(answer, () => session.output.line(`${answer.task_id}  ${answer.state}`));
  },
});

const feedback = command({
  name: 'feedback',
  summary: 'Say whether a result was good, once',
  details: [
    'How sure sherind is of a remembered result, and how far it trusts the bot, follow from it: one that was bad more often than good is not the answer to an equal request any more.',
  ],
  args: [taskId, { form: '<verdict>', text: 'good or bad', completes: verdicts }],
  examples: [
    { text: 'It was', line: 'sherinctl task feedback t_abcdefghijklmnopqrstuvwxya good' },
    { text: 'It was not', line: 'sherinctl task feedback t_abcdefghijklmnopqrstuvwxya bad' },
  ],
  run: async (session, [id = '', word = '']) => {
    const verdict = verdictOf(word);
    await withDaemon(session, (client) => client.call('task.feedback', { task_id: id, verdict }));
    const { output } = session;
    output.result({ task_id: id, verdict }, () => output.line(`${id}  measured: ${verdict}`));
  },
});

const merge = command({
  name: 'merge',
  summary: 'Do not wait for parts that are open: they are cancelled, and what is done is merged',
  details: ['The task is the parent that submit-multi gave. Where no part is done it has failed.'],
  args: [taskId],
  examples: [{ text: 'What there is by now', line: 'sherinctl task merge t_abcdefghijklmnopqrstuvwxya' }],
  run: async (session, [id = '']) => {
    const answer = await withDaemon(session, (client) => client.call('task.merge', { parent_id: id }));
    const { output } = session;
    output.result(answer, () =>
      output.line([answer.task_id, answer.state, answer.result_id].filter(Boolean).join('  ')),
    );
    return exitOf(answer.state);
  },
});

export const task = group(
  {
    name: 'task',
    summary: 'Give requests to bots, and look at what comes of them',
    examples: [{ text: 'Your tasks', line: 'sherinctl task list' }],
  },
  [submit, submitMulti, get, list, watch, cancel, feedback, merge, clean],
);

type Submitted = Pick<DaemonResult<'task.submit'>, 'task_id' | 'state' | 'result_id' | 'policy'>;

function submittedLine({ task_id, state, result_id, policy }: Submitted): string {
  const why = state === 'blocked' ? policy.reason : result_id;
  return [task_id, state, why].filter(Boolean).join('  ');
}

/** What policy blocks is denied; what failed has failed. */
function exitOf(state: Submitted['state'] | null) {
  if (state === 'blocked') return Exit.denied;
  return state === 'failed' || state === 'cancelled' ? Exit.failed : Exit.done;
}

/** @throws SherinError USAGE */
function domainOf(word: string) {
  const found = taskDomains.find((domain) => domain === word);
  if (found !== undefined) return found;
  throw new SherinError('USAGE', { what: `'${word}' is no domain; there are ${taskDomains.join(', ')}` });
}

/** @throws SherinError USAGE */
function verdictOf(word: string) {
  const found = verdicts.find((verdict) => verdict === word);
  if (found !== undefined) return found;
  throw new SherinError('USAGE', { what: `the verdict is good or bad, not '${word}'` });
}

function rows(found: DaemonResult<'task.get'>): [string, string][] {
  const { task_id, id, state, domain, department, priority: first, failures, waiting, times } = found;
  const optional: [string, string | undefined][] = [
    ['result', found.result_id],
    ['error', found.error],
    ['bot', found.bot],
    ['measured', found.measured === undefined ? undefined : found.measured ? 'good' : 'bad'],
    ['parent', found.parent_id],
    ['waits for', waiting > 0 ? `${waiting} others` : undefined],
    ['lost', failures > 0 ? `${failures} of 3 attempts` : undefined],
    ['started', times.started === undefined ? undefined : timeOf(times.started)],
    ['ended', times.ended === undefined ? undefined : timeOf(times.ended)],
  ];
  return [
    ['task', task_id],
    ['state', state],
    ['request', id],
    ['work', `${domain}, ${department}, ${found.class}`],
    ['priority', String(first)],
    ['submitted', timeOf(times.submitted)],
    ...optional.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]])),
  ];
}

/** @param milliseconds since 1970 */
function timeOf(milliseconds: number): string {
  return formatTime(`${BigInt(milliseconds) * 1_000_000n}`);
}
