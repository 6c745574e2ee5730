/** What every bot of ours has in common: it takes tasks, reads requests and writes results (docs/writing-a-bot.md). */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { receive, send, type TaskDatagram } from './datagrams.js';

const { SHERIN_IN: given = '', SHERIN_OUT: out = '' } = process.env;
/** Less than the ten seconds of silence that are the end of a bot. */
const heartbeatMs = 4_000;

export interface Task {
  /** ID of the request. */
  readonly id: string;
  readonly domain: string;
  readonly department: string;
  readonly class: string;
  readonly request: () => Buffer;
  /** Paths of what else the bot was given: results of sub-tasks, parts to be merged, inputs. Those of one task where the bot has one at a time. */
  readonly others: () => readonly string[];
}

export type Answer =
  /** A result. */
  | { readonly content: string | Uint8Array }
  /** Why there is none: 1 to 32 of a–z, 0–9 and `-`. */
  | { readonly error: string }
  /** Requests of sub-tasks; when they are done the task comes once more. */
  | { readonly requires: readonly (string | Uint8Array)[] }
  /** Of bots of layer control: names in the datagram itself. */
  | { readonly said: Readonly<Record<string, string | boolean>> };

/** Answers each task with what `work` makes of it, in the order in which they come; what it throws is the error `bot-fault`. */
export function serve(work: (task: Task) => Answer | Promise<Answer>): void {
  const beat = () => send({ heartbeat: true });
  let turn: Promise<void> = Promise.resolve();
  receive((task) => {
    turn = turn.then(() => answer(task, work));
  });
  beat();
  setInterval(beat, heartbeatMs);
}

async function answer(datagram: TaskDatagram, work: (task: Task) => Answer | Promise<Answer>): Promise<void> {
  const { task_id } = datagram;
  try {
    send({ task_id, ...delivered(task_id, await work(taskOf(datagram))) });
  } catch {
    // What was thrown may hold words of the request.
    send({ task_id, error: 'bot-fault' });
  }
}

function taskOf({ task_id, domain, department, class: kind }: TaskDatagram): Task {
  return {
    ...{ id: task_id, domain, department, class: kind },
    request: () => readFileSync(join(given, task_id)),
    others: () =>
      readdirSync(given)
        .filter((name) => name !== task_id)
        .sort()
        .map((name) => join(given, name)),
  };
}

/** Puts files where sherind finds them: a result has the task's name, which is as good as its ID. */
function delivered(taskId: string, answer: Answer): Readonly<Record<string, unknown>> {
  if ('said' in answer) return answer.said;
  if ('error' in answer) return answer;
  if ('content' in answer) {
    writeFileSync(join(out, taskId), answer.content);
    return { result_id: taskId };
  }
  return { requires: answer.requires.map((request, at) => required(taskId, request, at)) };
}

/** A sub-task's request has the task's name with another number of its end. */
function required(taskId: string, request: string | Uint8Array, at: number): string {
  const name = `${taskId.slice(0, -2)}${at.toString(16).padStart(2, '0')}`;
  writeFileSync(join(out, name), request);
  return name;
}
