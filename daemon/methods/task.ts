import { SherinError } from '../../common/errors.js';
import { asSherinId } from '../../common/ids.js';
import { type TaskAnswer, taskPage } from '../protocol/methods/task.js';
import type { Submitted } from '../router/router.js';
import type { Tasks } from '../router/tasks.js';
import type { Caller } from '../socket/caller.js';
import type { DaemonHandlers } from '../socket/dispatch.js';
import type { Task } from '../tasks/task.js';
import { asTaskId, type TaskId } from '../tasks/task-id.js';
import { onBehalf } from './on-behalf.js';
import { TaskWatchers } from './task-watchers.js';

type Handlers = Pick<
  DaemonHandlers,
  | 'task.submit'
  | 'task.submitMulti'
  | 'task.get'
  | 'task.list'
  | 'task.cancel'
  | 'task.watch'
  | 'task.feedback'
  | 'task.merge'
>;

/** `task.*`. @param tasks those of the vault, once it is known which one that is */
export function taskHandlers(tasks: () => Tasks): Handlers {
  const watchers = new TaskWatchers();
  return {
    // Field by field, and so its answer: rests and spreads cost more than all else here.
    'task.submit': async ({ id, inputs, priority, emotion, domain, class: kind }, caller) => {
      const [request, objects] = [asSherinId(id), inputs.map(asSherinId)];
      const submission = { request, inputs: objects, priority, emotion, domain, class: kind };
      return submittedAnswer(await tasks().router.submit(onBehalf(caller), submission));
    },
    'task.submitMulti': async ({ id, inputs, ...wish }, caller) => {
      const submission = { request: asSherinId(id), inputs: inputs.map(asSherinId), ...wish };
      const { parts, ...parent } = await tasks().router.submitMulti(onBehalf(caller), submission);
      const told = parts.map(({ task, domain, state }) => ({ task_id: task, domain, state }));
      return { ...submittedAnswer(parent), parts: told };
    },
    'task.get': async ({ task_id }, caller) => taskAnswer(own(tasks(), task_id, caller)),
    'task.list': async ({ state, all, page }, caller) => {
      const found = tasks().list({
        ...(all ? {} : { owner: caller.peer.uid }),
        ...(state === undefined ? {} : { state }),
        ...(page === undefined ? {} : { before: page }),
        limit: taskPage,
      });
      const last = found.length === taskPage ? found.at(-1) : undefined;
      return { tasks: found.map(listedAnswer), next: last?.seq ?? null };
    },
    'task.cancel': async ({ task_id }, caller) => {
      const { id, state } = tasks().cancel(own(tasks(), task_id, caller).id);
      return { task_id: id, state };
    },
    'task.watch': async ({ of, task_id }, caller) => {
      const task = task_id === undefined ? undefined : own(tasks(), task_id, caller).id;
      watchers.watch(tasks().watch, caller, of, task);
      return {};
    },
    'task.feedback': async ({ task_id, verdict }, caller) => {
      tasks().feedback(own(tasks(), task_id, caller).id, verdict === 'good');
      return {};
    },
    'task.merge': async ({ parent_id }, caller) => {
      const { id, state, result } = tasks().merge(own(tasks(), parent_id, caller).id);
      return { task_id: id, state, ...(result === null ? {} : { result_id: result }) };
    },
  };
}

/** To anybody but its owner and administrators a task is as if there were none. @throws SherinError TASK_UNKNOWN */
function own(tasks: Tasks, text: string, { peer, admin }: Caller): Task {
  const task = tasks.get(idOf(text));
  if (task.owner !== peer.uid && !admin) throw new SherinError('TASK_UNKNOWN', { id: text });
  return task;
}

/** The schema has checked it. */
function idOf(text: string): TaskId {
  const id = asTaskId(text);
  if (id === undefined) throw new SherinError('TASK_UNKNOWN', { id: text });
  return id;
}

function submittedAnswer({ task, state, result, verdict: { decision, reason } }: Submitted) {
  const policy = { decision, reason };
  return result === null
    ? { task_id: task, state, policy }
    : { task_id: task, state, result_id: result, policy };
}

function taskAnswer(task: Task): TaskAnswer {
  const { id, request, state, domain, department, priority, failures, waiting } = task;
  const { result, error, bot, measured, parent, submittedAt, startedAt, endedAt } = task;
  return {
    ...{
      task_id: id,
      id: request,
      state,
      domain,
      department,
      class: task.class,
      priority,
      failures,
      waiting,
    },
    ...(result === null ? {} : { result_id: result }),
    ...(error === null ? {} : { error }),
    ...(bot === null ? {} : { bot }),
    ...(measured === null ? {} : { measured }),
    ...(parent === null ? {} : { parent_id: parent }),
    times: {
      submitted: submittedAt,
      ...(startedAt === null ? {} : { started: startedAt }),
      ...(endedAt === null ? {} : { ended: endedAt }),
    },
  };
}

function listedAnswer({ id, request, state, domain, submittedAt, result, error }: Task) {
  return {
    ...{ task_id: id, id: request, state, domain, submitted: submittedAt },
    ...(result === null ? {} : { result_id: result }),
    ...(error === null ? {} : { error }),
  };
}
