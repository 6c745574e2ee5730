import { lstatSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { controlSocket, type Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import { ControlClient } from '../client/control-client.js';
import { processStart } from '../client/process-start.js';
import { stopSherinFs } from '../client/stop-sherin-fs.js';
import type { ControlParams, Status } from '../protocol/control.js';
import { within } from './within.js';

/** Seconds for `status`, which asks neither disk nor TPM. */
const statusSeconds = 10;
/** Seconds for a mount: a dead one may have to be cleared first. */
const mountSeconds = 60;
const stopSeconds = 75;
const lookMs = 100;

/** A sherin-fs that serves, whoever started it: known by its connection and its process. */
export class RunningFs {
  readonly #path: string;
  readonly #pid: number;
  readonly #started: string | null;
  /** The control socket's file, as long as it is its own. */
  readonly #file: string | null;
  #client: ControlClient;

  private constructor(path: string, client: ControlClient, pid: number) {
    this.#path = path;
    this.#client = client;
    this.#pid = pid;
    this.#started = processStart(pid);
    this.#file = fileOf(path);
  }

  /**
   * The one that answers at the control socket, or null.
   * @throws SherinError TIMEOUT, DENIED
   */
  static async find(where: Places): Promise<RunningFs | null> {
    const path = controlSocket(where);
    let client: ControlClient | null = null;
    try {
      client = ControlClient.connect(path);
      const { fs } = await ask(client);
      return new RunningFs(path, client, fs.pid);
    } catch (error) {
      client?.close();
      if (error instanceof SherinError && error.code === 'NOT_RUNNING') return null;
      throw error;
    }
  }

  /** @throws SherinError TIMEOUT, NOT_RUNNING */
  status(): Promise<Status> {
    return ask(this.#client);
  }

  /** @throws SherinError MOUNT_USED, TOOL_MISSING, TIMEOUT… */
  async mount(wish: ControlParams<'mount'>): Promise<void> {
    await within(this.#client.call('mount', wish), 'the mount', mountSeconds);
  }

  /** Lets go of it; it goes on. */
  close(): void {
    this.#client.close();
  }

  /** Commits, unmounts, locks and ends it; resolves when its process is gone. @throws SherinError TIMEOUT */
  async stop(): Promise<{ lazy: boolean }> {
    return within(stopSherinFs(this.#client), 'the end of sherin-fs', stopSeconds);
  }

  /**
   * Resolves when the process is gone: `stopped` by request or signal, `replaced` by one that it has handed everything over to, or `died`.
   * Who stops removes the socket's file; who dies can't; who is replaced leaves it, and another listens there.
   */
  async ended(): Promise<'stopped' | 'replaced' | 'died'> {
    for (;;) {
      await this.#client.closed;
      while (this.#alive && !this.#reconnect()) await sleep(lookMs);
      if (this.#alive) continue;
      if (this.#file === null || fileOf(this.#path) !== this.#file) return 'stopped';
      return this.#isListened ? 'replaced' : 'died';
    }
  }

  get #alive(): boolean {
    return this.#started !== null && processStart(this.#pid) === this.#started;
  }

  get #isListened(): boolean {
    try {
      ControlClient.connect(this.#path).close();
      return true;
    } catch {
      return false;
    }
  }

  /** The connection may end while the process lives, and another process may have taken the place. */
  #reconnect(): boolean {
    try {
      const client = ControlClient.connect(this.#path);
      if (client.serverPid !== this.#pid) {
        client.close();
        return false;
      }
      this.#client = client;
      return true;
    } catch {
      return false;
    }
  }
}

function ask(client: ControlClient): Promise<Status> {
  return within(client.call('status', {}), 'the status of sherin-fs', statusSeconds);
}

/** What tells one file from a later one at the same path. */
function fileOf(path: string): string | null {
  try {
    const { dev, ino, birthtimeNs } = lstatSync(path, { bigint: true });
    return `${dev} ${ino} ${birthtimeNs}`;
  } catch {
    return null;
  }
}
