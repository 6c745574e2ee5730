import { ControlClient } from './client/control-client.js';
import { StandingPage } from './client/standing-page.js';
import type { ControlMethod, ControlParams, ControlResult } from './protocol/control.js';
import { within } from './supervision/within.js';

/** Seconds for what is passed on: a lock commits what programs wrote, a lineage reads the whole log. */
const usualPatience = 120;

/** The connection by which requests go on to sherin-fs, apart from that of the supervision. Made when wanted, and again after its end. */
export class FsLink {
  readonly #path: string;
  readonly #patience: number;
  #line: StandingPage | null = null;

  /** @param path of the control socket */
  constructor(path: string, patience = usualPatience) {
    this.#path = path;
    this.#patience = patience;
  }

  /** @throws SherinError as sherin-fs answers; NOT_RUNNING, TIMEOUT */
  async call<M extends ControlMethod>(method: M, params: ControlParams<M>): Promise<ControlResult<M>> {
    return within(this.connected().client.call(method, params), method, this.#patience);
  }

  /** As {@link call}, on a connection of its own. @param seconds none: for as long as it takes */
  async callAlone<M extends ControlMethod>(
    method: M,
    params: ControlParams<M>,
    seconds?: number,
  ): Promise<ControlResult<M>> {
    const client = ControlClient.connect(this.#path);
    try {
      const result = client.call(method, params);
      return await (seconds === undefined ? result : within(result, method, seconds));
    } finally {
      client.close();
    }
  }

  close(): void {
    this.#line?.client.close();
    this.#line = null;
  }

  /** The connection, with what tells for how long answers that came over it stand. @throws SherinError NOT_RUNNING, FS_DENIED */
  connected(): StandingPage {
    if (this.#line !== null) return this.#line;
    const client = ControlClient.connect(this.#path);
    const line = new StandingPage(client);
    this.#line = line;
    void client.closed.then(() => {
      if (this.#line === line) this.#line = null;
    });
    return line;
  }
}
