/** Secrets and keys in locked memory (native/keys/): JavaScript holds handles, never their bytes. */
import type { Buffer } from 'node:buffer';

/** AES-256-GCM output of wrapping a 32-byte key. */
export interface Wrapped {
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

export interface ScryptCost {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}

/** A secret byte string in locked memory that JavaScript can not read. */
export interface Secret {
  /** Bytes; 0 after wipe. */
  readonly length: number;
  /** Overwrites and frees the bytes; harmless twice. */
  wipe(): void;
}

export interface SecretConstructor {
  /** 1 to 4096 random bytes from getrandom(2). */
  random(length: number): Secret;
  /** Copies the bytes into locked memory and overwrites the buffer. */
  take(buffer: Buffer): Secret;
  /** Reads a descriptor to its end (at most `limit` bytes), strips one trailing line end. Blocking: pipes, memfds, files. */
  readFd(fd: number, limit: number): Secret;
  /** HKDF-SHA256 of RFC 5869 over the concatenation of `keys`; 32 bytes. */
  hkdf(keys: readonly Secret[], salt: Buffer, info: Buffer): Secret;
  /** scrypt of RFC 7914 on a worker thread, 32 bytes; `null` is the empty password. */
  scrypt(password: Secret | null, salt: Buffer, cost: ScryptCost): Promise<Secret>;
  /** Parses the text form of a recovery key (FORMAT.md, "Key slots"). @throws ECHECKSUM, EINVAL */
  parseRecoveryKey(text: Secret): Secret;
  /** Writes the text form of a recovery key and a line end to a descriptor. */
  writeRecoveryKey(key: Secret, fd: number): void;
  /** Constant-time comparison. */
  equal(a: Secret, b: Secret): boolean;
}

/** Subkeys that JavaScript may use through HMAC. */
export type MacPurpose = 'object-id' | 'cube-id' | 'audit' | 'token';

/** Where a frame of the journal stands. */
export interface FramePlace {
  /** 32 bytes, fresh for every segment. */
  readonly salt: Buffer;
  readonly segment: number;
  readonly index: number;
}

/** Where the audit log ends. */
export interface LogEnd {
  /** Records so far: the number of the next. */
  readonly size: number;
  /** Leaf hash of the last one. */
  readonly prev: Buffer;
  /** Roots of the complete subtrees of the records, largest first, one after another. */
  readonly subtrees: Buffer;
}

export interface ChainedRecords {
  /** Whole lines. */
  readonly lines: Buffer;
  /** Behind them. */
  readonly end: LogEnd;
}

/** What the master key of an epoch carries over from those before, encrypted under a key of its own (FORMAT.md, "Key epochs"). */
export interface CarriedKeys {
  readonly epoch: number;
  /** Null in epoch 0. */
  readonly identity: Wrapped | null;
  /** Epochs whose keys count still, ascending. */
  readonly former: readonly { readonly epoch: number; readonly wrapped: Wrapped }[];
}

/** The vault master key and its subkeys, in locked memory. Every method throws EWIPED after wipe. */
export interface Keyring {
  readonly wiped: boolean;
  /** Of the present master key. */
  readonly epoch: number;
  /** Epochs before that one whose keys it has, ascending. */
  formerEpochs(): number[];
  /** A new master key of the next epoch, which carries over what this one has. */
  successor(): Keyring;
  /** What a header holds for the master key; encrypted anew at each call. */
  carried(): CarriedKeys;
  /** Becomes its {@link successor}, for all who use it, and wipes that one. @throws EINVAL where it is another */
  takeOver(successor: Keyring): void;
  /** Drops the keys of a former epoch. */
  forget(epoch: number): void;
  /** Ed25519 public key of K_sign. */
  publicKey(): Buffer;
  /** Ed25519 signature (64 bytes) of RFC 8032 with K_sign. */
  sign(message: Buffer): Buffer;
  /** HMAC-SHA256 under K_purpose. */
  hmac(purpose: MacPurpose, data: Buffer): Buffer;
  /** Of each message, one behind the other: what a call does for the key costs several times what a short message does. */
  hmacs(purpose: MacPurpose, messages: readonly Buffer[]): Buffer;
  /**
   * Lines of the audit log behind its present end (native/audit/record_lines.h): `parts` are two lines for each record. @throws EINVAL
   */
  chainRecords(parts: Buffer, ts: string, end: LogEnd): ChainedRecords;
  /**
   * Encrypts a frame of the journal (FORMAT.md, "Journal"): AES-256-GCM under the key of its segment, the index as nonce. `out` has 16
   * bytes more than `data`. A place is used once.
   */
  sealFrame(place: FramePlace, aad: Buffer, data: Buffer, out: Buffer): void;
  /** The way back, under the key of whichever epoch; `out` has 16 bytes less than `sealed`. False, and `out` zeroed, where it does not authenticate. */
  openFrame(place: FramePlace, aad: Buffer, sealed: Buffer, out: Buffer): boolean;
  /** VMK under a slot key. */
  wrap(slotKey: Secret, aad: Buffer): Wrapped;
  /**
   * K_manifest, for SQLite; the caller overwrites it after use.
   * @param page page 1 of a database: the key of the epoch that it is encrypted under; the present one where it is of none
   */
  manifestKey(page?: Buffer): Buffer;
  /** K_nv without trailing zero bytes. */
  counterAuth(): Secret;
  /**
   * Descriptor of a sealed memory file with the VMK, for another process of ours; the keyring closes it. Throws with an errno code where the
   * machine has no such files or nothing can be locked.
   */
  handOver(): number;
  /** Overwrites what {@link handOver} has written, and closes it. Harmless twice. */
  takeBack(): void;
  wipe(): void;
}

export interface KeyringConstructor {
  generate(uuid: Buffer): Keyring;
  /** Of what another process handed over; the caller closes the descriptor. @param carried as in {@link unwrap}. @throws EINVAL for what is no such file; ETAG */
  receive(uuid: Buffer, fd: number, carried?: CarriedKeys): Keyring;
  /** @param carried none: of epoch 0. @throws ETAG when the slot key is not the right one, or the master key does not open what it carries */
  unwrap(uuid: Buffer, slotKey: Secret, aad: Buffer, wrapped: Wrapped, carried?: CarriedKeys): Keyring;
}
