import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SherinId } from '../../common/ids.js';
import type { Sender } from '../../native/ipc.js';
import { BotCgroup } from './bot-cgroup.js';
import type { BotProgram } from './bot-program.js';
import { newInstanceName } from './instance-name.js';
import type { LimitsInForce } from './limits.js';
import { Mailbox } from './mailbox.js';
import { usesMoreThan } from './memory-in-use.js';
import { type BotMessage, isOfControl, type TaskMessage } from './messages.js';
import type { Refusal } from './refusal.js';
import { limitsInForce, Sandbox, trySandbox } from './sandbox.js';
import { type AttemptFailure, type TaskOutcome, TasksInFlight } from './tasks-in-flight.js';

/** Times of the supervision of an instance, in seconds. */
export interface Patience {
  /** Until the first heartbeat. */
  readonly start: number;
  /** Between two datagrams of a bot that has no task. */
  readonly heartbeat: number;
}

export const usualPatience: Patience = { start: 20, heartbeat: 10 };

/** How often an instance is looked at, in milliseconds; and what it may send between two looks. */
const lookMs = 250;
const datagramsPerLook = 500;
/** Datagrams refused of one instance before it is ended. */
const refusalLimit = 100;

export interface InstanceOptions {
  readonly program: BotProgram;
  /** The bot's folder of the mount, `bots/<bot_id>`; it has `in` and `out`, the latter the bot's own. */
  readonly mount: string;
  /** A folder of sherind for sockets, that others may pass through and not write to. */
  readonly runtime: string;
  /** The bot's user outside; null for the one who runs sherind. */
  readonly uid: number | null;
  readonly patience: Patience;
  readonly refused: (refusal: Refusal) => void;
}

/** How an instance ended: on its own, or ended for a reason. */
export type InstanceEnd = AttemptFailure | 'start';

/** One running bot: its sandbox, its datagrams and the tasks it works on. */
export class BotInstance {
  readonly limits: LimitsInForce;
  /** Resolves with the first heartbeat; rejects never: an instance that is not ready ends. */
  readonly ready: Promise<void>;
  /** Resolves when all of it is gone and cleaned up. */
  readonly ended: Promise<InstanceEnd>;
  readonly #options: InstanceOptions;
  readonly #mailbox: Mailbox;
  readonly #sandbox: Sandbox;
  readonly #tasks = new TasksInFlight();
  readonly #timer: NodeJS.Timeout;
  #beReady: () => void = () => undefined;
  #isReady = false;
  #end: InstanceEnd | null = null;
  #heardAt = performance.now();
  #refusals = 0;
  #datagrams = 0;

  /** @throws SherinError TOOL_MISSING, SANDBOX_FAILED; with an errno code where the sockets can't be made */
  constructor(options: InstanceOptions) {
    this.#options = options;
    const { uid } = options;
    const { bot_id, limits } = options.program.manifest;
    const name = newInstanceName(bot_id);
    const folder = makeFolder(options, name);
    this.#mailbox = new Mailbox(join(folder, 'sockets'), uid ?? process.getuid?.() ?? 0, {
      holds: (pid) => this.#sandbox.holds(pid),
      message: (message, sender) => this.#hear(message, sender),
      refused: (refusal) => this.#refuse(refusal),
    });
    const cgroup = BotCgroup.make(name, limits);
    this.limits = limitsInForce({ uid, cgroup });
    try {
      this.#sandbox = Sandbox.start({ ...sandboxOptions(options, folder, this.#mailbox), cgroup });
    } catch (error) {
      this.#mailbox.close();
      removeFolder(folder);
      cgroup?.remove();
      throw error;
    }
    this.#mailbox.handedOn();
    this.ready = new Promise((resolve) => {
      this.#beReady = resolve;
    });
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.ended = this.#sandbox.ended.then(() => this.#cleanUp(folder, cgroup));
  }

  /** Room for another task. */
  get free(): boolean {
    return (
      this.#isReady && this.#end === null && this.#tasks.count < this.#options.program.manifest.max_concurrent
    );
  }

  /** Whether it works on this task. */
  has(taskId: SherinId): boolean {
    return this.#tasks.has(taskId);
  }

  /** Gives it a task; the caller has seen that it is free and has not this one. @throws ZodError for what is no task */
  give(task: TaskMessage): Promise<TaskOutcome> {
    const { task_id } = task;
    const sent = this.#mailbox.send(task);
    const outcome = this.#tasks.add(task_id, this.#options.program.manifest.limits.task_seconds, () => {
      this.#tasks.fail(task_id, 'timeout');
      this.stop('timeout');
    });
    if (!sent) this.stop('exit');
    return outcome;
  }

  /** Ends all its processes now; its tasks fail. Resolves with `ended`. */
  stop(reason: InstanceEnd): void {
    if (this.#end !== null) return;
    this.#end = reason;
    clearInterval(this.#timer);
    this.#sandbox.kill();
    this.#failTasks();
  }

  #cleanUp(folder: string, cgroup: BotCgroup | null): InstanceEnd {
    this.#end ??= 'exit';
    clearInterval(this.#timer);
    this.#failTasks();
    this.#mailbox.close();
    removeFolder(folder);
    cgroup?.remove();
    return this.#end;
  }

  /** An instance that ends because of one task fails the others by its end. */
  #failTasks(): void {
    const end = this.#end;
    this.#tasks.failAll(end === null || end === 'start' || end === 'timeout' ? 'exit' : end);
  }

  #hear(message: BotMessage, sender: Sender): void {
    if (this.#end !== null) return;
    this.#heardAt = performance.now();
    this.#datagrams += 1;
    if ('heartbeat' in message) {
      this.#isReady = true;
      this.#beReady();
      return;
    }
    if (isOfControl(message) && this.#options.program.manifest.layer !== 'control') {
      this.#refuse({ reason: 'malformed', sender, taskId: message.task_id });
      return;
    }
    const reason = this.#tasks.answer(message);
    if (reason !== null) this.#refuse({ reason, sender, taskId: message.task_id });
  }

  #refuse(refusal: Refusal): void {
    if (this.#end !== null) return;
    this.#options.refused(refusal);
    // Who is no process of it could end it so otherwise.
    if (refusal.reason === 'forged-sender') return;
    this.#refusals += 1;
    if (this.#refusals >= refusalLimit) this.stop('datagrams');
  }

  #look(): void {
    const { patience, program } = this.#options;
    const silence = (performance.now() - this.#heardAt) / 1000;
    if (!this.#isReady && silence > patience.start) this.stop('start');
    // While it works the time of the task runs.
    else if (this.#isReady && this.#tasks.count === 0 && silence > patience.heartbeat) this.stop('heartbeat');
    else if (this.#datagrams > datagramsPerLook) this.stop('datagrams');
    else if (this.limits.memory === 'watched' && this.#usesMoreThan(program.manifest.limits.memory))
      this.stop('memory');
    this.#datagrams = 0;
  }

  #usesMoreThan(limit: number): boolean {
    const { pid } = this.#sandbox;
    return pid !== null && usesMoreThan(limit, pid);
  }
}

/** Others may pass it, as the bot is one of them. @throws with an errno code */
function makeFolder({ runtime }: InstanceOptions, name: string): string {
  const folder = join(runtime, name);
  // Whatever the umask: nobody else may put anything in it meanwhile.
  mkdirSync(folder, { mode: 0o700 });
  chmodSync(folder, 0o711);
  return folder;
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

function sandboxOptions({ program, mount, uid }: InstanceOptions, folder: string, mailbox: Mailbox) {
  const places = {
    ...{ program: program.folder, in: join(mount, 'in'), out: join(mount, 'out') },
    ...{ sockets: mailbox.folder, node: process.execPath },
  };
  return { program, places, folder, uid, socketFd: mailbox.botFd };
}

/**
 * Whether an instance could be started: the sandbox is made once without the bot's program.
 * @throws SherinError SANDBOX_FAILED, TOOL_MISSING
 */
export async function tryInstance(options: InstanceOptions): Promise<void> {
  const folder = makeFolder(options, newInstanceName('try'));
  const nobody = { holds: () => false, message: () => undefined, refused: () => undefined };
  try {
    const mailbox = new Mailbox(join(folder, 'sockets'), options.uid ?? process.getuid?.() ?? 0, nobody);
    try {
      await trySandbox({ ...sandboxOptions(options, folder, mailbox), cgroup: null });
    } finally {
      mailbox.close();
    }
  } finally {
    removeFolder(folder);
  }
}
