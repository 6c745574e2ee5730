/** A vault with sherind, bots and users who ask them. */
import { chmodSync, chownSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DaemonClient } from '../../daemon/client/daemon-client.js';
import type { Place } from '../places.js';
import { SherinStore } from '../stores/sherin.js';

const program = fileURLToPath(new URL('../../../bench/programs/trivial_bot.py', import.meta.url));
/** They have no account: a number is enough. */
const firstUid = 61_000;
/** As many as there are pipelined clients; each has a token bucket of its own. */
export const users = Array.from({ length: 16 }, (_, at) => firstUid + at);
/** Domains of which the figures are taken. */
export const domains = ['logic', 'physics', 'chemistry'] as const;
export type Domain = (typeof domains)[number];

export class Served {
  readonly store: SherinStore;
  readonly place: Place;
  /** Root's. */
  readonly client: DaemonClient;
  #requests = 0;

  private constructor(store: SherinStore, place: Place, client: DaemonClient) {
    this.store = store;
    this.place = place;
    this.client = client;
  }

  /** With the bots that come along only, until {@link host}. */
  static async run(
    place: Place,
    driver: string | undefined,
    work: (served: Served) => Promise<void>,
  ): Promise<void> {
    const store = new SherinStore(driver, '--allow-other');
    // Users come in, and so do bots.
    chmodSync(place.path, 0o711);
    await store.open(place.path);
    let client: DaemonClient | null = null;
    try {
      chmodSync(store.daemonSocket, 0o666);
      client = await DaemonClient.connect(store.daemonSocket);
      const served = new Served(store, place, client);
      // Bots run while the vault is open.
      await store.control((control) => control.call('unlock', { slot: 'tpm' }));
      await served.#ready(6);
      await work(served);
    } finally {
      client?.close();
      await store.close();
    }
  }

  /** A trivial bot for each of the domains. */
  async host(): Promise<void> {
    for (const domain of domains) {
      const folder = join(this.place.path, 'bots', domain);
      mkdirSync(folder, { recursive: true });
      chmodSync(join(this.place.path, 'bots'), 0o700);
      cpSync(program, join(folder, 'bot.py'));
      chmodSync(join(folder, 'bot.py'), 0o755);
      const name = `trivial-${domain}`;
      const manifest = { bot_id: name, version: '1.0.0', layer: 'worker', domain, exec: ['./bot.py'] };
      writeFileSync(join(folder, 'bot.json'), JSON.stringify({ ...manifest, limits: { task_seconds: 600 } }));
      await this.store.register(folder);
    }
    await this.#ready(3 + domains.length);
  }

  /** A new file of a user's own. @returns its ID */
  async request(uid: number, text: string): Promise<string> {
    const name = `request-${this.#requests++}`;
    const path = this.store.path(name);
    writeFileSync(path, `${text} ${name}`, { mode: 0o600 });
    chownSync(path, uid, uid);
    await this.store.settle();
    return this.store.id(name);
  }

  /** Waits until so many bots can take tasks. */
  async #ready(count: number): Promise<void> {
    for (;;) {
      const states = (await this.client.call('bot.list')).bots.map(({ state }) => state);
      if (states.filter((state) => state === 'ready').length === count) return;
      if (states.includes('failed')) throw new Error(`bots are ${states.join()}`);
      await sleep(50);
    }
  }
}
