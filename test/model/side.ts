/** One of the two directories that are compared, with the processes at work in it. */
import { join } from 'node:path';
import { commandOf, type Outcome, type Step } from './operation.js';
import { Worker } from './worker.js';

export interface SideSettings {
  /** A directory in which everybody may make something. */
  readonly directory: string;
  /** Users of the processes; null: the one that runs the tests. */
  readonly users: readonly (number | null)[];
  readonly timeStep: number;
}

/** All that is compared after a sequence. */
export interface Remains {
  readonly tree: unknown;
  /** What each process sees through handles that are still open. */
  readonly handles: readonly unknown[];
}

/** All that processes have open, or what was removed since. */
export type Handles = 'all' | 'removed';

/** A part of the frame, with its arguments. */
type Command = { readonly do: string } & Readonly<Record<string, unknown>>;

let sides = 0;

export class Side {
  readonly #directory: string;
  readonly #workers: readonly Worker[];
  #sequences = 0;

  constructor({ directory, users, timeStep }: SideSettings) {
    this.#directory = directory;
    const group = `sherin-model-${process.pid}-${sides++}`;
    this.#workers = users.map((user, at) => new Worker({ group, process: at, user, timeStep }));
  }

  /** Directory of the sequence at hand. */
  get root(): string {
    return join(this.#directory, `sequence-${this.#sequences}`);
  }

  /** Starts with an empty directory. */
  async begin(): Promise<void> {
    this.#sequences += 1;
    const root = this.root;
    const began = await value(this.#worker(0), { do: 'make', root });
    await this.#all({ do: 'begin', root, began });
  }

  async run(step: Step): Promise<Outcome> {
    const { process, operation } = step;
    const outcome = await this.#worker(process).ask(commandOf(step));
    if (operation.do === 'give' && outcome.error === undefined) {
      await value(this.#worker(operation.process), { do: 'take', slot: operation.into });
    }
    return outcome;
  }

  /** Runs a list of steps for each process, all at the same time. */
  async runTogether(lists: readonly (readonly Step[])[]): Promise<readonly Outcome[][]> {
    return Promise.all(
      lists.map(async (steps, at) => {
        const commands = steps.map(commandOf);
        return (await value(this.#worker(at), { do: 'several', commands })) as Outcome[];
      }),
    );
  }

  /** Closes handles, as before a directory is unmounted. */
  async release(which: Handles): Promise<void> {
    await this.#all({ do: 'release', which });
  }

  async remains(): Promise<Remains> {
    const handles = await this.#all({ do: 'open_handles' });
    return { handles, tree: await value(this.#worker(0), { do: 'tree' }) };
  }

  /** Removes what the sequence has made. */
  async clear(): Promise<void> {
    await this.release('all');
    await value(this.#worker(0), { do: 'clear' });
  }

  end(): void {
    for (const worker of this.#workers) worker.end();
  }

  #worker(at: number): Worker {
    const worker = this.#workers[at];
    if (worker === undefined) throw new Error(`there is no process ${at}`);
    return worker;
  }

  #all(command: Command): Promise<unknown[]> {
    return Promise.all(this.#workers.map((worker) => value(worker, command)));
  }
}

/** What a part of the frame answers, which must not fail. */
async function value(worker: Worker, command: Command): Promise<unknown> {
  const { value, error } = await worker.ask(command);
  if (error !== undefined) throw new Error(`${command.do} answered ${error}`);
  return value;
}
