import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ControlClient } from '../../daemon/client/control-client.js';
import { SoftwareTpm } from '../../fs/vault/software-tpm.js';
import { command } from '../command.js';
import type { Store } from './store.js';

const sherinctl = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

/** A vault of its own with a software TPM of its own (whatever TPM the machine has), served by a sherin-fs of its own. */
export class SherinStore implements Store {
  readonly name = 'sherin';
  readonly #up: readonly string[];
  #mount = '';
  #runtime = '';
  #env: NodeJS.ProcessEnv = {};
  #tpm: SoftwareTpm | null = null;

  /** @param driver what `sherinctl up --driver` takes; undefined: its default @param flags more of `up` */
  constructor(driver?: string, ...flags: readonly string[]) {
    this.#up = ['up', ...(driver === undefined ? [] : ['--driver', driver]), ...flags];
  }

  async open(directory: string): Promise<void> {
    const below = (name: string): string => join(directory, `sherin-${name}`);
    this.#mount = below('mount');
    this.#runtime = below('run');
    this.#tpm = await SoftwareTpm.create({ stateDir: below('tpm'), runtimeDir: below('tpm-socket') });
    this.#env = {
      ...process.env,
      SHERIN_VAULT: below('vault'),
      SHERIN_MOUNT: this.#mount,
      SHERIN_RUNTIME_DIR: this.#runtime,
      SHERIN_TCTI: this.#tpm.tcti,
      SHERIN_DAEMON_STATE: below('daemon'),
      SHERIN_KNOWN_VAULTS: below('known'),
      SHERIN_LOG: 'warn',
    };
    mkdirSync(this.#mount);
    try {
      await this.#run('init', '--yes', '--no-pin', '--recovery-out', below('recovery-key'));
      await this.#run(...this.#up);
    } catch (error) {
      await this.#tpm.stop();
      throw error;
    }
  }

  async bring(source: string, name: string): Promise<void> {
    await this.#run('put', source, `files/${name}`);
  }

  async settle(): Promise<void> {
    await this.control((client) => client.call('sync', {}));
  }

  async rest(): Promise<void> {
    await this.control((client) => client.call('snapshot', {}));
  }

  path(name: string): string {
    return join(this.#mount, 'files', name);
  }

  /** Path at which programs read an object. */
  objectPath(id: string): string {
    return join(this.#mount, 'ids', id);
  }

  /** Path of the socket of sherind. */
  get daemonSocket(): string {
    return join(this.#runtime, 'sherind.sock');
  }

  /** Has sherind host a bot, whose folder nobody but root can write to. */
  async register(folder: string): Promise<void> {
    await this.#run('bot', 'register', folder);
  }

  /** Sherin ID of what stands at {@link path}. */
  async id(name: string): Promise<string> {
    const { entry } = await this.control((client) => client.call('stat', { target: `files/${name}` }));
    if (entry.id === undefined) throw new Error(`${name} has no ID`);
    return entry.id;
  }

  /** Process ID of the sherin-fs that serves this vault. */
  async pid(): Promise<number> {
    return await this.control(async (client) => (await client.call('status', {})).fs.pid);
  }

  /** Name of the driver that it is mounted by. */
  async driver(): Promise<string> {
    return await this.control(async (client) => (await client.call('status', {})).mount?.driver ?? 'none');
  }

  /** Uses the control socket, without the cost of a sherinctl process. */
  async control<T>(use: (client: ControlClient) => Promise<T>): Promise<T> {
    const client = ControlClient.connect(join(this.#runtime, 'sherin-fs.sock'));
    try {
      return await use(client);
    } finally {
      client.close();
    }
  }

  /** `lock` wipes all caches, the kernel's of this mount too. */
  async forget(): Promise<void> {
    await this.control(async (client) => {
      await client.call('lock', {});
      await client.call('unlock', { slot: 'tpm' });
    });
  }

  /** A new process that has no key yet: the next access opens the vault. */
  async restart(): Promise<void> {
    await this.#run('down');
    await this.#run(...this.#up);
  }

  async close(): Promise<void> {
    try {
      await this.#run('down');
    } finally {
      await this.#tpm?.stop();
    }
  }

  #run(...args: string[]): Promise<string> {
    return command(process.execPath, [sherinctl, ...args], { env: this.#env });
  }
}
