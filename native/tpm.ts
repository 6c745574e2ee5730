/** A TPM 2.0 over tpm2-tss (native/tpm/). */
import type { Buffer } from 'node:buffer';
import type { Secret } from './keys.js';

export interface NvIndex {
  readonly handle: number;
  /** TPM2B_NAME contents (nameAlg ‖ digest). */
  readonly name: Buffer;
}

export interface SealPolicy {
  readonly pcrs: readonly number[];
  readonly bank: 'sha256' | 'sha384' | 'sha512';
  /** PolicyNV: this counter must equal this value. */
  readonly slotCounter: NvIndex;
  readonly slotGeneration: bigint;
  /** authValue of the object (PolicyAuthValue); null: none. */
  readonly auth: Secret | null;
}

export interface Sealed {
  /** Marshalled TPM2B_PUBLIC and TPM2B_PRIVATE. */
  readonly public: Buffer;
  readonly private: Buffer;
  readonly primaryName: Buffer;
  /** SHA-256 over the selected PCR values in ascending order. */
  readonly pcrDigest: Buffer;
}

/** A key of this TPM that signs nothing but what the TPM itself says; `private` is of use in that TPM alone. */
export interface AttestationKey {
  /** Marshalled TPM2B_PUBLIC and TPM2B_PRIVATE. */
  readonly public: Buffer;
  readonly private: Buffer;
  /** Of the storage primary it was made below. */
  readonly primaryName: Buffer;
}

export interface Quote {
  /** TPMS_ATTEST, the bytes that are signed. */
  readonly attest: Buffer;
  /** TPMT_SIGNATURE. */
  readonly signature: Buffer;
}

export interface TpmInfo {
  readonly manufacturer: string;
  readonly vendor: string;
  readonly firmware: string;
  readonly lockoutCounter: number;
  readonly maxAuthFail: number;
  readonly lockoutInterval: number;
  readonly lockoutRecovery: number;
  readonly inLockout: boolean;
  /** Without it whoever may use the TPM can have it forget wrong attempts. */
  readonly lockoutAuthSet: boolean;
}

/**
 * One client of one TPM. Calls run one after another on a worker thread; everything loaded is flushed. Rejections carry
 * code ETPM with `tpm` (response code) and a message in words, or the errno of the transport.
 */
export interface Tpm {
  info(): Promise<TpmInfo>;
  /** Creates the ECC P-256 storage primary (noDA) and returns its Name; nothing stays loaded. */
  primaryName(): Promise<Buffer>;
  /** Seals 32 bytes as FORMAT.md's `tpm2` slot says. */
  seal(secret: Secret, policy: SealPolicy): Promise<Sealed>;
  /** Unseals after checking the primary's Name against `sealed.primaryName` (code EPRIMARY when it differs). */
  unseal(sealed: Sealed, policy: SealPolicy): Promise<Secret>;
  pcrRead(bank: SealPolicy['bank'], pcrs: readonly number[]): Promise<Map<number, Buffer>>;
  pcrExtend(pcr: number, sha256: Buffer): Promise<void>;
  /** Makes an ECC P-256 attestation key (FORMAT.md, "Attestation") below the storage primary. */
  attestationKey(): Promise<AttestationKey>;
  /** TPM2_Quote of the PCRs over 32 bytes of qualifying data (code EPRIMARY when the primary is another). */
  quote(
    key: AttestationKey,
    qualifying: Buffer,
    bank: SealPolicy['bank'],
    pcrs: readonly number[],
  ): Promise<Quote>;
  /** Defines a COUNTER index (AUTHREAD, AUTHWRITE, NO_DA, not ORDERLY) at a free handle in 0x01800000–0x01BFFFFF, increments it once so that it can be read. */
  counterDefine(auth: Secret | null): Promise<NvIndex & { readonly value: bigint }>;
  counterRead(index: NvIndex, auth: Secret | null): Promise<bigint>;
  /** Returns the new value. */
  counterIncrement(index: NvIndex, auth: Secret | null): Promise<bigint>;
  counterUndefine(index: NvIndex): Promise<void>;
  /** TPM2_GetRandom, 1–32 bytes, mixed with getrandom(2). */
  random(length: number): Promise<Secret>;
  /** TPM2_Shutdown(CLEAR), then closes. */
  close(): Promise<void>;
}

export interface TpmConstructor {
  /** `tcti` as in tpm2-tss, such as `device:/dev/tpmrm0` or `swtpm:path=/run/x.sock`. */
  connect(tcti: string): Promise<Tpm>;
}
