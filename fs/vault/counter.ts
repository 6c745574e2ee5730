/** The TPM counter that shows a vault put back to an older state (FORMAT.md, "Tree head"). */
import { SherinError, systemCode } from '../../common/errors.js';
import type { Keyring, NvIndex } from '../../native/index.js';
import type { Header } from './header.js';
import { indexOf, indexText } from './nv-index.js';
import { tpmRefusal } from './tpm-errors.js';
import type { TpmSession } from './tpm-session.js';

/** Why there is no value: no index at the handle; another one, or one with other attributes; one of the same Name that K_nv does not open. */
export type CounterLoss = 'gone' | 'replaced' | 'foreign';

const lossWords: Readonly<Record<CounterLoss, string>> = {
  gone: 'the TPM has no such counter',
  replaced: 'another NV index is in the place of the counter',
  foreign: "the counter in the TPM does not open with the vault's key",
};

export type CounterVerdict =
  /** The newest head is the one the counter stands for. */
  | { readonly action: 'serve' }
  /** The head was signed, then the increment did not happen: it must, before anything is served. */
  | { readonly action: 'increment-then-serve' }
  | { readonly action: 'refuse'; readonly code: 'ROLLBACK' | 'COUNTER_LOST'; readonly part: string };

/** What the counter's value N, or its loss, says of the newest head's `nv`. */
export function judgeCounter(counter: bigint | CounterLoss, nv: bigint): CounterVerdict {
  const refuse = (code: 'ROLLBACK' | 'COUNTER_LOST', part: string): CounterVerdict => ({
    action: 'refuse',
    code,
    part,
  });
  if (typeof counter === 'string')
    return refuse('COUNTER_LOST', `${lossWords[counter]}, the newest head is of count ${nv}`);
  if (nv === counter) return { action: 'serve' };
  if (nv === counter + 1n) return { action: 'increment-then-serve' };
  const numbers = `the newest head is of count ${nv}, the TPM counts ${counter}`;
  return refuse(nv < counter ? 'ROLLBACK' : 'COUNTER_LOST', numbers);
}

/** The NV counter that a header names, in the TPM of a session; its authValue is K_nv. */
export class RollbackCounter {
  readonly #session: () => TpmSession;
  readonly #index: NvIndex;
  readonly #keyring: Keyring;

  /** `session` is asked at each use: a vault that moves to another TPM ends the one before. */
  constructor(session: () => TpmSession, index: NonNullable<Header['counter']>, keyring: Keyring) {
    this.#session = session;
    this.#index = indexOf(index);
    this.#keyring = keyring;
  }

  /** The present value, or why there is none. @throws SherinError TPM_MISSING, TPM_FAILED */
  async read(): Promise<bigint | CounterLoss> {
    const auth = this.#keyring.counterAuth();
    try {
      return await this.#session().use(async (tpm) => {
        try {
          return await tpm.counterRead(this.#index, auth);
        } catch (error) {
          const loss = lossOf(error);
          if (loss === null) throw error;
          return loss;
        }
      });
    } finally {
      auth.wipe();
    }
  }

  /**
   * Brings the counter from `from` to `from` + 1. Asks after a broken connection whether it has happened: an increment too
   * many would look like a rollback. @throws SherinError COUNTER_LOST when it stands elsewhere; TPM_MISSING, TPM_FAILED
   */
  async increment(from: bigint): Promise<bigint> {
    const wanted = from + 1n;
    for (let attempt = 0; ; attempt++) {
      const value = await this.read();
      if (value === wanted) return wanted;
      if (value !== from)
        throw new SherinError('COUNTER_LOST', {
          part:
            typeof value === 'string'
              ? lossWords[value]
              : `it should count ${from} or ${wanted}, it counts ${value}`,
        });
      const auth = this.#keyring.counterAuth();
      try {
        await this.#session().once((tpm) => tpm.counterIncrement(this.#index, auth));
      } catch (error) {
        if (attempt > 0 || !(error instanceof SherinError) || error.code !== 'TPM_MISSING') throw error;
      } finally {
        auth.wipe();
      }
    }
  }

  /**
   * The check of an opening: increments when a crash left the increment out. Returns the value that stands.
   * @throws SherinError ROLLBACK, COUNTER_LOST, naming the numbers
   */
  async admit(nv: bigint): Promise<bigint> {
    const counter = await this.read();
    const verdict = judgeCounter(counter, nv);
    if (verdict.action === 'refuse') throw new SherinError(verdict.code, { part: verdict.part });
    if (verdict.action === 'increment-then-serve') return await this.increment(nv - 1n);
    return nv;
  }
}

/** A Name says nothing of the authValue (TPM 2.0 Part 1, 16): an index that was made anew may have the same one. */
function lossOf(error: unknown): CounterLoss | null {
  const code = systemCode(error);
  if (code === 'ENVGONE') return 'gone';
  if (code === 'ENVNAME') return 'replaced';
  return tpmRefusal(error) === 'badAuth' ? 'foreign' : null;
}

/** Defines a counter for this keyring; the value it starts with goes into the first head. */
export async function defineCounter(
  session: TpmSession,
  keyring: Keyring,
): Promise<{ index: NonNullable<Header['counter']>; value: bigint }> {
  const auth = keyring.counterAuth();
  try {
    const made = await session.once((tpm) => tpm.counterDefine(auth));
    return { index: indexText(made), value: made.value };
  } finally {
    auth.wipe();
  }
}
