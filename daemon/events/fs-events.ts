import { setTimeout as sleep } from 'node:timers/promises';
import { ControlClient } from '../client/control-client.js';
import type { FsEvent, VaultState } from '../protocol/events.js';

const againMs = 1_000;

/** Listens to the events of whichever sherin-fs runs. */
export class FsEvents {
  readonly #path: string;
  readonly #tell: (event: FsEvent) => void;
  readonly #gone: () => void;
  readonly #stop = new AbortController();
  /** What was told last of the one that runs; null: nothing yet. */
  #state: VaultState | null = null;
  #client: ControlClient | null = null;

  /** @param path of the control socket @param gone called when the one that was heard has ended */
  constructor(path: string, tell: (event: FsEvent) => void, gone: () => void) {
    this.#path = path;
    this.#tell = tell;
    this.#gone = gone;
  }

  /** Listens until {@link stop}; one that has ended is looked for each second. */
  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#listen();
      } catch {
        // Nobody is there, or it is on its way out: the supervision tells about that.
      } finally {
        this.#client?.close();
      }
      await sleep(againMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  stop(): void {
    this.#stop.abort();
    this.#client?.close();
  }

  async #listen(): Promise<void> {
    const client = ControlClient.connect(this.#path, (event) => this.#heard(event));
    this.#client = client;
    const { state } = await client.call('watch', {});
    // What happened while nobody listened shows in the state.
    this.#heard({ kind: 'lock', state });
    await client.closed;
    // Whatever the next one says is news.
    this.#state = null;
    this.#gone();
  }

  #heard(event: FsEvent): void {
    if (event.kind === 'lock') {
      const known = this.#state;
      this.#state = event.state;
      if (known === event.state) return;
    }
    this.#tell(event);
  }
}
