import { closeSync } from 'node:fs';
import { type GenerationView, generationView } from '../../native/ipc.js';
import type { ControlClient } from './control-client.js';

/** For how long it holds what sherin-fs has told over one connection: as long as the page of sherin-fs has the same count, and the connection stands. */
export class StandingPage {
  readonly client: ControlClient;
  #view: GenerationView | null = null;

  constructor(client: ControlClient) {
    this.client = client;
    // One that has no page tells nothing that stands.
    client.call('request.standing', {}, { taken: (fds) => this.#take(fds) }).catch(() => undefined);
    void client.closed.then(() => {
      this.#view?.close();
      this.#view = null;
    });
  }

  /** The count at this moment; 0: nothing stands. */
  get generation(): number {
    return this.#view?.value() ?? 0;
  }

  #take(fds: readonly number[]): void {
    try {
      const [page] = fds;
      if (page !== undefined) this.#view = generationView(page);
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  }
}
