/** The TPM slot: VMK under a key that needs what this TPM, in this state, releases, and the PIN. */
import { randomBytes } from 'node:crypto';
import { SherinError, systemCode } from '../../common/errors.js';
import { sha256 } from '../../common/merkle.js';
import {
  Keyring,
  type NvIndex,
  type ScryptCost,
  type Sealed,
  type SealPolicy,
  Secret,
  type Tpm,
} from '../../native/index.js';
import { carriedKeys, type Epochs } from './carried-keys.js';
import { type Bank, pcrFault } from './fields.js';
import type { TpmSlot } from './header.js';
import { indexOf, indexText } from './nv-index.js';
import { explainPolicy } from './policy-refusal.js';
import { noPinCost, pinCost, slotAad, slotKey, withSecrets, wrappedBytes, wrappedText } from './slot-key.js';
import { tpmRefusal } from './tpm-errors.js';
import type { TpmSession } from './tpm-session.js';

/** What a TPM is to ask for before it releases the key. */
export interface SealWish {
  /** null: whoever has the machine in this state opens the vault. */
  readonly pin: Secret | null;
  /** Sorted; the usual choice is [7]. */
  readonly pcrs: readonly number[];
  readonly bank: Bank;
}

export interface TpmSlotOptions extends SealWish {
  readonly uuid: Buffer;
  readonly id: number;
  readonly keyring: Keyring;
  /** The vault's slot counter, with its present value. */
  readonly slotCounter: NvIndex & { readonly value: bigint };
}

interface PinKeys {
  /** P of FORMAT.md. */
  readonly stretched: Secret;
  /** authValue of the sealed object. */
  readonly auth: Secret | null;
}

async function pinKeys(
  keep: (secret: Secret) => Secret,
  pin: Secret | null,
  salt: Buffer,
  cost: ScryptCost,
): Promise<PinKeys> {
  const stretched = keep(await Secret.scrypt(pin, salt, cost));
  if (pin === null) return { stretched, auth: null };
  return {
    stretched,
    auth: keep(Secret.hkdf([stretched], salt, Buffer.from('sherin/v1/pin-auth', 'latin1'))),
  };
}

/** Seals, then unseals as an opening would: a slot that doesn't open is never written. @throws SherinError TPM_* */
export function makeTpmSlot(session: TpmSession, options: TpmSlotOptions): Promise<TpmSlot> {
  const { pcrs, pin, slotCounter } = options;
  const fault = pcrFault(pcrs);
  if (fault !== null) return Promise.reject(new SherinError('USAGE', { what: fault }));
  return withSecrets(async (keep) => {
    const salt = randomBytes(32);
    const kdf = pin === null ? noPinCost : pinCost;
    const { stretched, auth } = await pinKeys(keep, pin, salt, kdf);
    const policy = { pcrs, bank: options.bank, slotCounter, slotGeneration: slotCounter.value, auth };
    const { sealed, secret, values } = await session.use((tpm) => sealAndTry(tpm, policy, keep));
    const parameters = {
      id: options.id,
      type: 'tpm2',
      created: new Date().toISOString(),
      kind: session.source.kind,
      device: session.source.device,
      bank: options.bank,
      pcrs: [...pcrs],
      pin: pin !== null,
      salt: salt.toString('base64'),
      kdf,
      primaryName: sealed.primaryName.toString('hex'),
      public: sealed.public.toString('base64'),
      private: sealed.private.toString('base64'),
      slotCounter: indexText(slotCounter),
      slotGeneration: Number(slotCounter.value),
      pcrDigest: sealed.pcrDigest.toString('hex'),
      pcrValues: Object.fromEntries([...values].map(([pcr, value]) => [pcr, value.toString('hex')])),
    } as const;
    const key = keep(slotKey([secret, stretched], salt, 'tpm2'));
    return {
      ...parameters,
      wrapped: wrappedText(options.keyring.wrap(key, slotAad(options.uuid, parameters))),
    };
  });
}

async function sealAndTry(
  tpm: Tpm,
  policy: SealPolicy,
  keep: (secret: Secret) => Secret,
): Promise<{ sealed: Sealed; secret: Secret; values: Map<number, Buffer> }> {
  const values = await tpm.pcrRead(policy.bank, policy.pcrs);
  const complete = policy.pcrs.every((pcr) => values.has(pcr)) && values.size === policy.pcrs.length;
  if (!complete)
    throw new SherinError('TPM_FAILED', { command: 'TPM2_PCR_Read', part: `it has no bank ${policy.bank}` });
  const secret = keep(await tpm.random(32));
  const sealed = await tpm.seal(secret, policy);
  const recorded = sha256(...policy.pcrs.map((pcr) => values.get(pcr) ?? Buffer.alloc(0)));
  if (!recorded.equals(sealed.pcrDigest))
    throw new SherinError('TPM_FAILED', {
      command: 'TPM2_Create',
      part: 'a PCR changed meanwhile; try again',
    });
  const released = keep(await tpm.unseal(sealed, policy));
  if (!Secret.equal(secret, released))
    throw new SherinError('TPM_FAILED', {
      command: 'TPM2_Unseal',
      part: 'it did not give back what was sealed',
    });
  return { sealed, secret, values };
}

/** The policy and blobs that a slot states. */
function slotSeal(slot: TpmSlot, auth: Secret | null): { sealed: Sealed; policy: SealPolicy } {
  return {
    sealed: {
      public: Buffer.from(slot.public, 'base64'),
      private: Buffer.from(slot.private, 'base64'),
      primaryName: Buffer.from(slot.primaryName, 'hex'),
      pcrDigest: Buffer.from(slot.pcrDigest, 'hex'),
    },
    policy: {
      pcrs: slot.pcrs,
      bank: slot.bank,
      slotCounter: indexOf(slot.slotCounter),
      slotGeneration: BigInt(slot.slotGeneration),
      auth,
    },
  };
}

/** @throws SherinError PIN_NEEDED, SLOT_REFUSED (wrong PIN, altered slot), TPM_POLICY, TPM_LOCKOUT, TPM_PRIMARY_CHANGED, TPM_MISSING, TPM_FAILED */
export function openTpmSlot(
  session: TpmSession,
  uuid: Buffer,
  epochs: Epochs,
  slot: TpmSlot,
  pin: Secret | null,
): Promise<Keyring> {
  if (slot.pin && pin === null) return Promise.reject(new SherinError('PIN_NEEDED'));
  return withSecrets(async (keep) => {
    const salt = Buffer.from(slot.salt, 'base64');
    const { stretched, auth } = await pinKeys(keep, slot.pin ? pin : null, salt, slot.kdf);
    const { sealed, policy } = slotSeal(slot, auth);
    const secret = await session.use(async (tpm) => {
      try {
        return keep(await tpm.unseal(sealed, policy));
      } catch (error) {
        throw await unsealError(error, tpm, slot);
      }
    });
    const key = keep(slotKey([secret, stretched], salt, 'tpm2'));
    try {
      return Keyring.unwrap(uuid, key, slotAad(uuid, slot), wrappedBytes(slot.wrapped), carriedKeys(epochs));
    } catch (error) {
      throw systemCode(error) === 'ETAG'
        ? refused('what the TPM holds does not fit: the slot was altered', error)
        : error;
    }
  });
}

/** The TPM has counted an attempt. */
export function isWrongPin(error: unknown): error is SherinError {
  if (!(error instanceof SherinError) || error.code !== 'SLOT_REFUSED') return false;
  const refusal = tpmRefusal(error.cause);
  return refusal === 'authFail' || refusal === 'badAuth';
}

/** What one more guess costs, as the TPM counts (TPM 2.0 Part 1, 19.8). */
async function wrongPin(tpm: Tpm): Promise<string> {
  const { lockoutCounter, maxAuthFail, lockoutInterval } = await tpm.info();
  const left = Math.max(0, maxAuthFail - lockoutCounter);
  const healing = lockoutInterval > 0 ? `, and it forgets one each ${lockoutInterval} s` : '';
  if (left === 0) return `wrong PIN; the TPM takes no more attempts${healing}`;
  return `wrong PIN; ${left === 1 ? 'one more attempt is' : `${left} more attempts are`} left before the TPM locks${healing}`;
}

/** When a locked TPM takes a PIN again, where it heals by itself. */
async function healing(tpm: Tpm): Promise<string> {
  const { lockoutCounter, maxAuthFail, lockoutInterval } = await tpm.info();
  if (lockoutInterval === 0) return 'it does not heal by itself';
  const wrong = Math.max(1, lockoutCounter - maxAuthFail + 1);
  return `a PIN is taken again within ${wrong * lockoutInterval} s`;
}

function refused(part: string, cause: unknown): SherinError {
  return new SherinError('SLOT_REFUSED', { slot: 'TPM', part }, { cause });
}

async function unsealError(error: unknown, tpm: Tpm, slot: TpmSlot): Promise<unknown> {
  const code = systemCode(error);
  if (code === 'ENVGONE' || code === 'ENVNAME')
    return new SherinError('TPM_POLICY', { part: 'its slot counter is gone from the TPM' }, { cause: error });
  if (code === 'EINVAL') return refused('the sealed blob is malformed', error);
  switch (tpmRefusal(error)) {
    case 'authFail':
    case 'badAuth':
      return refused(await wrongPin(tpm), error);
    case 'integrity':
      return refused('the sealed blob was altered or is of another TPM', error);
    case 'policy':
      return new SherinError('TPM_POLICY', { part: 'this slot was removed' }, { cause: error });
    case 'policyFail':
      return new SherinError('TPM_POLICY', { part: await explainPolicy(tpm, slot) }, { cause: error });
    case 'lockout':
      return new SherinError('TPM_LOCKOUT', { part: await healing(tpm) }, { cause: error });
    default:
      return error;
  }
}
