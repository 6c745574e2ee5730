/** One client of one TPM, connected while it is needed. */
import { SherinError } from '../../common/errors.js';
import type { Tpm } from '../../native/index.js';
import { isTransportFailure, tpmError } from './tpm-errors.js';
import type { TpmSource } from './tpm-source.js';

/** Milliseconds without a command after which the connection is given up. */
const idleAfter = 10_000;

export class TpmSession {
  readonly source: TpmSource;
  #tpm: Tpm | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(source: TpmSource) {
    this.source = source;
  }

  /**
   * Runs `work` alone, again once when the connection broke (a software TPM that was killed is started anew): for work that
   * may run twice. @throws SherinError TPM_MISSING, TPM_LOCKOUT, TPM_PRIMARY_CHANGED, TPM_FAILED
   */
  use<T>(work: (tpm: Tpm) => Promise<T>): Promise<T> {
    return this.#run(work, 2);
  }

  /** As {@link use}, never twice: TPM_MISSING leaves open whether the work was done. */
  once<T>(work: (tpm: Tpm) => Promise<T>): Promise<T> {
    return this.#run(work, 1);
  }

  /** TPM2_Shutdown, then ends what the source started. Work that waits still runs. */
  close(): Promise<void> {
    this.#closed = true;
    const done = this.#last.then(async () => {
      await this.#disconnect();
      await this.source.stop();
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  #run<T>(work: (tpm: Tpm) => Promise<T>, attempts: number): Promise<T> {
    if (this.#closed)
      return Promise.reject(new SherinError('TPM_MISSING', { tcti: `${this.source.tcti} (closed)` }));
    const done = this.#last.then(() => this.#attempt(work, attempts));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #attempt<T>(work: (tpm: Tpm) => Promise<T>, attempts: number): Promise<T> {
    this.#stayConnected();
    try {
      const tpm = await this.#connected();
      return await work(tpm);
    } catch (error) {
      if (!isTransportFailure(error)) throw tpmError(error, this.source.tcti);
      await this.#disconnect();
      if (attempts === 1) throw tpmError(error, this.source.tcti);
      return await this.#attempt(work, attempts - 1);
    } finally {
      this.#stayConnected();
      this.#idle = setTimeout(() => this.#giveUp(), idleAfter).unref();
    }
  }

  /** A live connection: a kept one may have died since, so it is asked first. */
  async #connected(): Promise<Tpm> {
    if (this.#tpm !== null) {
      try {
        await this.#tpm.info();
        return this.#tpm;
      } catch (error) {
        if (!isTransportFailure(error)) throw error;
        await this.#disconnect();
      }
    }
    this.#tpm = await this.source.connect();
    return this.#tpm;
  }

  async #disconnect(): Promise<void> {
    const tpm = this.#tpm;
    this.#tpm = null;
    this.#stayConnected();
    // a broken connection can't be closed in order
    await tpm?.close().catch(() => undefined);
  }

  #stayConnected(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
  }

  #giveUp(): void {
    this.#last = this.#last.then(() => this.#disconnect());
  }
}
