import type { Keyring } from '../../native/index.js';

/** What the audit log does with the keys. */
export function auditKeys(keyring: Keyring) {
  return {
    publicKey: keyring.publicKey(),
    mac: (data: Buffer) => keyring.hmac('audit', data),
    sign: (message: Buffer) => keyring.sign(message),
    chain: (parts: Buffer, seq: number, ts: string, prev: Buffer) =>
      keyring.chainRecords(parts, seq, ts, prev),
  };
}

/** What the manifest does with them; it overwrites `key` once SQLite has it. */
export function manifestKeys(keyring: Keyring) {
  return {
    key: keyring.manifestKey(),
    publicKey: keyring.publicKey(),
    sign: (message: Buffer) => keyring.sign(message),
  };
}
