import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../command.js';
import type { Store } from './store.js';

/** The file system itself, without encryption: the bound for all others. */
export class PlainStore implements Store {
  readonly name = 'plain';
  #root = '';

  async open(directory: string): Promise<void> {
    this.#root = join(directory, 'plain');
    mkdirSync(this.#root);
  }

  async bring(source: string, name: string): Promise<void> {
    await command('cp', ['-r', source, this.path(name)]);
    await command('sync', ['-f', this.#root]);
  }

  async settle(): Promise<void> {
    await command('sync', ['-f', this.#root]);
  }

  path(name: string): string {
    return join(this.#root, name);
  }

  async close(): Promise<void> {}
}
