/** Where one asks: a vault with its sherind and the bots that come along; requests are written at the mount, results read there. */
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaemonClient } from '../../daemon/client/daemon-client.js';
import type { DaemonParams, DaemonResult } from '../../daemon/protocol/daemon.js';
import { Machine } from '../vault/machine.js';

/** More than any bot may take for a task. */
const patienceMs = 120_000;

type Wish = Omit<DaemonParams<'task.submit'>, 'id'>;

export class Desk {
  readonly machine: Machine;
  readonly client: DaemonClient;

  private constructor(machine: Machine, client: DaemonClient) {
    this.machine = machine;
    this.client = client;
  }

  /** Resolves when these bots are ready. */
  static start(...bots: string[]): Promise<Desk> {
    return Desk.#start(bots);
  }

  /** As {@link start}, and other users come to the mount, too. */
  static startOpen(...bots: string[]): Promise<Desk> {
    return Desk.#start(bots, '--allow-other');
  }

  static async #start(bots: readonly string[], ...flags: string[]): Promise<Desk> {
    const machine = Machine.empty();
    machine.withDaemon = true;
    // Bots are others, and have to pass.
    chmodSync(machine.home, 0o711);
    machine.init();
    machine.ok('up', ...flags);
    machine.ok('unlock');
    return Desk.#at(machine, bots);
  }

  /** After another start of sherind. */
  async again(...bots: string[]): Promise<Desk> {
    this.client.close();
    return Desk.#at(this.machine, bots);
  }

  static async #at(machine: Machine, bots: readonly string[]): Promise<Desk> {
    const desk = new Desk(machine, await DaemonClient.connect(join(machine.home, 'run/sherind.sock')));
    for (const bot of ['planning', 'safety', ...bots]) await desk.#ready(bot);
    return desk;
  }

  /** The ID of what stands at a path of the mount. */
  async idOf(path: string): Promise<string> {
    const { ino } = statSync(join(this.machine.mount, path));
    const { id } = await this.client.call('file.resolve', { inode: ino });
    if (id === null) throw new Error(`${path} has no ID`);
    return id;
  }

  /** Writes a request and submits its ID. */
  async submit(request: string, wish: Wish): Promise<string> {
    const name = `inbox/${randomBytes(8).toString('hex')}`;
    writeFileSync(join(this.machine.mount, name), request);
    const { task_id } = await this.client.call('task.submit', { id: await this.idOf(name), ...wish });
    return task_id;
  }

  async ended(task_id: string): Promise<DaemonResult<'task.get'>> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const task = await this.client.call('task.get', { task_id });
      if (task.times.ended !== undefined) return task;
      if (Date.now() > deadline) throw new Error(`${task_id} stays ${task.state}`);
      await sleep(5);
    }
  }

  /** What a bot makes of a request: its result as it is read at the mount, or the name of an error. */
  async ask(request: string, wish: Wish): Promise<{ readonly result: string } | { readonly error: string }> {
    const { state, error = '', result_id } = await this.ended(await this.submit(request, wish));
    if (state !== 'done' || result_id === undefined) return { error };
    return { result: this.read(result_id) };
  }

  read(id: string): string {
    return readFileSync(join(this.machine.mount, 'ids', id), 'utf8');
  }

  end(): void {
    this.client.close();
    this.machine.end();
  }

  async #ready(bot: string): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const { state } = await this.client.call('bot.get', { bot });
      if (state === 'ready') return;
      if (Date.now() > deadline) throw new Error(`${bot} is ${state}`);
      await sleep(50);
    }
  }
}
