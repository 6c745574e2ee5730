/** A vault with a mount, a sherin-fs and a software TPM of its own, in new directories: nothing of the user's is touched. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlSocket, type Places, places } from '../../common/environment.js';
import { localError } from '../../common/local-error.js';
import { projectRoot } from '../../common/project.js';
import { ControlClient } from '../../daemon/client/control-client.js';
import { processStart } from '../../daemon/client/process-start.js';
import type { Interrupt } from './interrupt.js';
import { run } from './run.js';
import { SoftwareTpm } from './software-tpm.js';

/** A socket's path holds 107 bytes (unix(7)); ours add about 30 to the directory's. */
const longestParent = 70;

export class TemporaryVault {
  /** For files beside the vault, on the same file system. */
  readonly directory: string;
  readonly places: Places;
  readonly #sockets: string;
  readonly #interrupt: Interrupt;
  #env: NodeJS.ProcessEnv = process.env;
  #tpm: SoftwareTpm | null = null;
  #client: ControlClient | null = null;
  /** The process sherin-fs, once it runs, told from a later one with the same number by its start. */
  #server: { readonly pid: number; readonly started: string | null } | null = null;

  /** Makes its directories; {@link end} must be called whatever comes. @throws SherinError LOCAL_FILE */
  constructor(parent: string, interrupt: Interrupt) {
    this.#interrupt = interrupt;
    const short = Buffer.byteLength(tmpdir()) <= longestParent ? tmpdir() : '/tmp';
    this.#sockets = newDirectory(short);
    try {
      this.directory = newDirectory(parent);
    } catch (error) {
      rmSync(this.#sockets, { recursive: true });
      throw error;
    }
    this.places = places({}, this.#variables());
  }

  get client(): ControlClient {
    this.#client ??= ControlClient.connect(controlSocket(this.places));
    return this.#client;
  }

  /** Makes the vault, mounts it; resolves to the name of the driver. */
  async start(): Promise<string> {
    this.#tpm = await SoftwareTpm.start(join(this.#sockets, 'tpm'));
    this.#env = { ...process.env, ...this.#variables(), SHERIN_TCTI: this.#tpm.tcti };
    mkdirSync(this.places.mount);
    await this.#sherinctl('init', '--yes', '--no-pin', '--recovery-out', join(this.directory, 'recovery'));
    this.#interrupt.check();
    await this.#sherinctl('up');
    const { fs, mount } = await this.client.call('status', {});
    this.#server = { pid: fs.pid, started: processStart(fs.pid) };
    this.#interrupt.check();
    return mount?.driver ?? 'none';
  }

  /** Path at the mount. */
  path(name: string): string {
    return join(this.places.mount, 'files', name);
  }

  /** Wipes what sherin-fs and the kernel hold of the content, lets `meanwhile` do the same outside, and unlocks. */
  async forget(meanwhile: () => Promise<void>): Promise<void> {
    await this.client.call('lock', {});
    await meanwhile();
    await this.client.call('unlock', { slot: 'tpm' });
    this.#interrupt.check();
  }

  /** Stops and removes everything. */
  async end(): Promise<void> {
    this.#client?.close();
    await this.#sherinctl('down').catch(() => this.#kill());
    await this.#tpm?.stop();
    for (const directory of [this.directory, this.#sockets]) {
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  /** What did not stop in order, or was never up. */
  #kill(): void {
    const server = this.#server;
    if (server !== null && server.started !== null && processStart(server.pid) === server.started)
      process.kill(server.pid, 'SIGKILL');
    spawnSync('fusermount3', ['-uzq', this.places.mount], { stdio: 'ignore' });
  }

  #sherinctl(...args: string[]): Promise<void> {
    const program = join(projectRoot, 'dist/cli/main.js');
    return run(`sherinctl ${args[0]}`, process.execPath, [program, ...args], this.#env);
  }

  #variables(): NodeJS.ProcessEnv {
    return {
      SHERIN_VAULT: join(this.directory, 'vault'),
      SHERIN_MOUNT: join(this.#sockets, 'mount'),
      SHERIN_RUNTIME_DIR: join(this.#sockets, 'run'),
      SHERIN_TPM_STATE: join(this.#sockets, 'tpm-state'),
      SHERIN_DAEMON_STATE: join(this.#sockets, 'daemon-state'),
      SHERIN_KNOWN_VAULTS: join(this.directory, 'known_vaults'),
    };
  }
}

function newDirectory(parent: string): string {
  try {
    return mkdtempSync(join(parent, 'sherin-bench-'));
  } catch (error) {
    throw localError(parent, error);
  }
}
