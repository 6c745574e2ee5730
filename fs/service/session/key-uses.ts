import type { Keyring } from '../../../native/index.js';
import type { LogEnd } from '../../audit/record.js';
import { firstPage } from '../../manifest/first-page.js';

/** What the audit log does with the keys. */
export function auditKeys(keyring: Keyring) {
  return {
    publicKey: keyring.publicKey(),
    mac: (data: Buffer) => keyring.hmac('audit', data),
    sign: (message: Buffer) => keyring.sign(message),
    chain: (parts: Buffer, ts: string, end: LogEnd) => keyring.chainRecords(parts, ts, end),
  };
}

/**
 * What the manifest does with them; it overwrites `key` once SQLite has it.
 * @param path of a database that is there: amid a rekey it may be under the key of an earlier epoch
 */
export function manifestKeys(keyring: Keyring, path?: string) {
  return {
    key: path === undefined ? keyring.manifestKey() : keyring.manifestKey(firstPage(path)),
    publicKey: keyring.publicKey(),
    sign: (message: Buffer) => keyring.sign(message),
  };
}
