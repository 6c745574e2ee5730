import { SherinError } from '../../../common/errors.js';
import type { CubeId, SherinId } from '../../../common/ids.js';
import type { NamespaceSettings } from '../../../common/namespaces/record.js';
import type { Caller } from '../../mount/source.js';
import { actorOf } from '../actor.js';
import type { Records } from '../session/records.js';
import type { TpmAtOpen } from './tpm-at-open.js';

/** Before content is handed out: what its namespace wants of the TPM, and the record of it. */
export class OpenGate {
  readonly #records: Records;
  readonly #tpm: TpmAtOpen;

  constructor(records: Records, tpm: TpmAtOpen) {
    this.#records = records;
    this.#tpm = tpm;
  }

  /**
   * @param id null: of a file that was never put; there is no ID to record
   * @param again it is open already, and has other content now: the TPM was asked
   * @throws SherinError TPM_*, TIMEOUT, which is recorded; AUDIT_UNWRITABLE
   */
  async pass(
    settings: NamespaceSettings,
    id: SherinId | CubeId | null,
    caller: Caller,
    again = false,
  ): Promise<void> {
    const { opens, unseal } = settings;
    if (unseal === 'per-open' && !again) await this.#ask(id, caller);
    if (id !== null) await this.#records.open(id, caller, again && opens === 'all' ? 'first' : opens);
  }

  /** What the TPM would say to an open now; null: nothing against it. */
  async refusal(): Promise<SherinError | null> {
    try {
      await this.#tpm.ask();
      return null;
    } catch (error) {
      if (error instanceof SherinError) return error;
      throw error;
    }
  }

  async #ask(id: string | null, caller: Caller): Promise<void> {
    try {
      await this.#tpm.ask();
    } catch (error) {
      const code = error instanceof SherinError ? error.code : 'unknown';
      const meta = { operation: 'open', tpm: code };
      await this.#records.refused({ event: 'AUDIT_DENIED', id, actor: actorOf(caller), meta });
      throw error;
    }
  }
}
