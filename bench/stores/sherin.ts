import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from '../command.js';
import type { Store } from './store.js';

const sherinctl = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

/** A vault of its own with a software TPM of its own, served by a sherin-fs of its own. */
export class SherinStore implements Store {
  readonly name = 'sherin';
  #mount = '';
  #env: NodeJS.ProcessEnv = {};

  async open(directory: string): Promise<void> {
    const below = (name: string): string => join(directory, `sherin-${name}`);
    this.#mount = below('mount');
    this.#env = {
      ...process.env,
      SHERIN_VAULT: below('vault'),
      SHERIN_MOUNT: this.#mount,
      SHERIN_RUNTIME_DIR: below('run'),
      SHERIN_TPM_STATE: below('tpm'),
      SHERIN_KNOWN_VAULTS: below('known'),
      SHERIN_LOG: 'warn',
    };
    mkdirSync(this.#mount);
    await this.#run('init', '--yes', '--no-pin', '--recovery-out', below('recovery-key'));
    await this.#run('up');
  }

  async bring(source: string, name: string): Promise<void> {
    await this.#run('put', source, `files/${name}`);
  }

  path(name: string): string {
    return join(this.#mount, 'files', name);
  }

  /** Process ID of the sherin-fs that serves this vault. */
  async pid(): Promise<number> {
    const status = JSON.parse(await this.#run('status', '--json')) as { fs: { pid: number } };
    return status.fs.pid;
  }

  async close(): Promise<void> {
    await this.#run('down');
  }

  #run(...args: string[]): Promise<string> {
    return command(process.execPath, [sherinctl, ...args], { env: this.#env });
  }
}
