/** Tasks behind a socket like sherind's, over a real sherin-fs, with bots whose results are real files. */
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Admins } from '../../common/admins.js';
import { asSherinId, type SherinId } from '../../common/ids.js';
import { EmotionalState } from '../../daemon/emotion/emotional-state.js';
import { Engine } from '../../daemon/engine/engine.js';
import { FsLink } from '../../daemon/fs-link.js';
import { FsObjects } from '../../daemon/fs-objects.js';
import { objectHandlers } from '../../daemon/methods/object.js';
import { taskHandlers } from '../../daemon/methods/task.js';
import { RequestMetrics } from '../../daemon/request-metrics.js';
import { BotsFixture } from '../../daemon/router/room.fixture.js';
import { Tasks } from '../../daemon/router/tasks.js';
import { callersBy } from '../../daemon/socket/caller.js';
import { restingHandlers, silent } from '../../daemon/socket/daemon.fixture.js';
import { answerWith, busyLine } from '../../daemon/socket/dispatch.js';
import { LineServer } from '../../daemon/socket/line-server.js';
import { TokenBuckets } from '../../daemon/socket/token-buckets.js';
import type { Machine } from '../vault/machine.js';
import type { User } from './as-user.js';

/** Writes a file at the mount. @returns its ID */
export async function write(machine: Machine, name: string, owner: User, mode: number): Promise<SherinId> {
  const path = join(machine.mount, 'files', name);
  writeFileSync(path, name);
  chownSync(path, owner.uid, owner.gid);
  chmodSync(path, mode);
  return asSherinId((await machine.call('stat', { target: `files/${name}` })).entry.id ?? '');
}

/** Bots whose results are files, of their owner alone unless `mode` says otherwise. */
class WritingBots extends BotsFixture {
  mode = 0o600;

  constructor(machine: Machine) {
    super('coding', 'logic', 'merge');
    this.grants.takeResult = async (_, written, owner) =>
      write(machine, `result-${written}`, { uid: owner, gid: owner }, this.mode);
  }
}

interface TaskServerParts {
  readonly fs: FsLink;
  readonly bots: WritingBots;
  readonly tasks: Tasks;
  readonly engine: Engine;
  readonly server: LineServer;
}

export class TaskServer {
  readonly fs: FsLink;
  readonly bots: WritingBots;
  readonly tasks: Tasks;
  readonly #engine: Engine;
  readonly #server: LineServer;

  private constructor(parts: TaskServerParts) {
    this.fs = parts.fs;
    this.bots = parts.bots;
    this.tasks = parts.tasks;
    this.#engine = parts.engine;
    this.#server = parts.server;
  }

  static async start(machine: Machine, path: string): Promise<TaskServer> {
    const fs = new FsLink(join(machine.home, 'run/sherin-fs.sock'));
    const bots = new WritingBots(machine);
    const directory = join(machine.home, 'tasks');
    mkdirSync(directory, { mode: 0o700 });
    const emotions = new EmotionalState();
    const engine = new Engine(directory, { fs, emotions, log: silent });
    const { database, policy } = engine;
    const objects = new FsObjects(fs, silent);
    const tasks = new Tasks({ database, log: silent, objects, policy, emotions, bots });
    tasks.start();
    const answer = answerWith({
      handlers: { ...restingHandlers, ...objectHandlers(fs), ...taskHandlers(() => tasks) },
      ...{ callerOf: callersBy(new Admins()), buckets: new TokenBuckets(), metrics: new RequestMetrics() },
      ...{ log: silent, recordDenied: async () => undefined },
    });
    const server = await LineServer.listen({ path, answer, busy: busyLine, log: silent });
    return new TaskServer({ fs, bots, tasks, engine, server });
  }

  async end(): Promise<void> {
    await this.#server.close();
    await this.tasks.stop();
    this.#engine.close();
    this.fs.close();
  }
}
