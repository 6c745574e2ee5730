import { attestationText } from '../../../common/attestation/attestation.js';
import {
  attestationMessage,
  qualifyingData,
  type Statement,
  type TpmKind,
} from '../../../common/attestation/statement.js';
import { verifyAttestation } from '../../../common/attestation/verify.js';
import { SherinError, systemCode } from '../../../common/errors.js';
import { nowNanoseconds } from '../../../common/time.js';
import { Turns } from '../../../common/turns.js';
import type { Quote } from '../../../native/index.js';
import type { AuditEvent } from '../../audit/event.js';
import { encodeHead } from '../../manifest/head.js';
import type { Caller } from '../../mount/source.js';
import {
  attestationKeyFile,
  readAttestationKey,
  type VaultAttestationKey,
  writeAttestationKey,
} from '../../vault/attestation-key.js';
import type { TpmSlot } from '../../vault/header.js';
import type { LockedVault } from '../../vault/locked-vault.js';
import { tpmRefusal } from '../../vault/tpm-errors.js';
import { tpmSlotOf } from '../../vault/tpm-slots.js';
import { actorOf } from '../actor.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';

/** What a verifier notes of the vault while it can trust the machine. */
export interface AttestationIdentity {
  readonly publicKey: Buffer;
  readonly keyName: Buffer;
  readonly tpm: TpmKind;
}

/** States under the keys of the TPM and of the vault what the PCRs and the tree head are, for a verifier's nonce. */
export class Attesting {
  readonly #vault: VaultView;
  readonly #locked: LockedVault;
  /** One key is made, and one quote at a time. */
  readonly #turns = new Turns();

  constructor(vault: VaultView, locked: LockedVault) {
    this.#vault = vault;
    this.#locked = locked;
  }

  /** On record before it answers. @throws SherinError ATTESTATION_TPM, ATTESTATION_KEY, TPM_*, AUDIT_UNWRITABLE; as VaultView.settled */
  attest(nonce: Buffer, caller: Caller): Promise<string> {
    return this.#inTurn(async (session) => {
      const slot = this.#slot();
      const key = await this.#key(session, slot, caller);
      const meta = { key: key.name.toString('hex'), size: session.manifest.head.size };
      await session.records.record({ event: 'AUDIT_ATTEST', id: null, actor: actorOf(caller), meta });
      return this.#attest(session, slot, key, nonce);
    });
  }

  /** @throws as {@link attest} */
  identity(caller: Caller): Promise<AttestationIdentity> {
    return this.#inTurn(async (session) => {
      const slot = this.#slot();
      const { name } = await this.#key(session, slot, caller);
      return { publicKey: session.keyring.publicKey(), keyName: name, tpm: kindOf(slot) };
    });
  }

  async #inTurn<T>(step: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#vault.settled();
    try {
      return await this.#turns.run(() => step(session));
    } catch (error) {
      // Locked meanwhile.
      throw systemCode(error) === 'EWIPED' ? new SherinError('LOCKED', {}, { cause: error }) : error;
    }
  }

  #slot(): TpmSlot {
    const slot = tpmSlotOf(this.#locked.header);
    if (slot === null) throw new SherinError('ATTESTATION_TPM');
    return slot;
  }

  /** The vault's key; another TPM than that of the last one has a new one made. */
  async #key(session: Session, slot: TpmSlot, caller: Caller): Promise<VaultAttestationKey> {
    const { directory, uuid, path } = this.#locked;
    const place = {
      path: directory.inside(attestationKeyFile),
      shown: `${path}/${attestationKeyFile}`,
      ...{ uuid, keyring: session.keyring },
    };
    const kept = await readAttestationKey(place);
    if (kept?.primaryName.toString('hex') === slot.primaryName) return kept;
    const made = await this.#locked.tpm.session().use((tpm) => tpm.attestationKey());
    if (made.primaryName.toString('hex') !== slot.primaryName) throw new SherinError('TPM_PRIMARY_CHANGED');
    const key = await writeAttestationKey(place, made);
    const meta = { key: key.name.toString('hex'), replaced: kept !== null };
    const event: AuditEvent = { event: 'AUDIT_ATTEST_KEY', id: null, actor: actorOf(caller), meta };
    await session.records.record(event);
    return key;
  }

  async #attest(session: Session, slot: TpmSlot, key: VaultAttestationKey, nonce: Buffer): Promise<string> {
    const { head } = session.manifest;
    const { keyring } = session;
    const { uuid, header } = this.#locked;
    const layout = encodeHead(head);
    const statement: Statement = {
      ...{ tpm: kindOf(slot), nonce, keyName: key.name, primaryName: key.primaryName },
      ...{ time: nowNanoseconds(), head: layout, headSignature: head.signature },
    };
    const { values, quote } = await this.#quote(slot, key, qualifyingData(uuid, statement));
    const signature = keyring.sign(attestationMessage(uuid, statement, quote.attest));
    const publicKey = keyring.publicKey();
    const text = attestationText({
      ...{ format: 'sherin-attestation', version: 1, uuid: header.uuid, tpm: statement.tpm },
      publicKey: publicKey.toString('base64'),
      nonce: nonce.toString('hex'),
      time: String(statement.time),
      head: { layout: layout.toString('base64'), signature: head.signature.toString('base64') },
      key: { public: key.public.toString('base64'), primaryName: key.primaryName.toString('hex') },
      pcrs: { bank: slot.bank, values },
      quote: { attest: quote.attest.toString('base64'), signature: quote.signature.toString('base64') },
      signature: signature.toString('base64'),
    });
    requireSound(text, nonce, publicKey, key.name);
    return text;
  }

  /** PCRs as they are, and the TPM's word for them. */
  async #quote(
    { bank, pcrs }: TpmSlot,
    key: VaultAttestationKey,
    qualifying: Buffer,
  ): Promise<{ values: Record<string, string>; quote: Quote }> {
    const shown = `${this.#locked.path}/${attestationKeyFile}`;
    return this.#locked.tpm.session().use(async (tpm) => {
      const read = await tpm.pcrRead(bank, pcrs);
      const values = Object.fromEntries([...read].map(([pcr, value]) => [pcr, value.toString('hex')]));
      try {
        return { values, quote: await tpm.quote(key, qualifying, bank, pcrs) };
      } catch (error) {
        if (tpmRefusal(error) !== 'integrity') throw error;
        const part = 'its private part was altered or is of another TPM';
        throw new SherinError('ATTESTATION_KEY', { path: shown, part }, { cause: error });
      }
    });
  }
}

function kindOf({ kind }: TpmSlot): TpmKind {
  return kind === 'software' ? 'software (not hardware-protected)' : 'hardware';
}

/** What leaves here verifies elsewhere. @throws SherinError TPM_FAILED */
function requireSound(text: string, nonce: Buffer, publicKey: Buffer, keyName: Buffer): void {
  const expected = { nonce, publicKey, keyName, pcrs: new Map(), now: nowNanoseconds(), maxAge: 1n << 60n };
  try {
    verifyAttestation(Buffer.from(text), expected);
  } catch (error) {
    const part = error instanceof SherinError ? `${error.context.part}; try again` : String(error);
    throw new SherinError('TPM_FAILED', { command: 'TPM2_Quote', part }, { cause: error });
  }
}
