/** What the holder of a vault's public key has: a line of text, with which all can be checked that the vault signs, and nothing be read (FORMAT.md, "Public key"). */
import { SherinError } from './errors.js';
import { keyWeakness } from './weak-key.js';

export interface VaultKey {
  /** 16 bytes. */
  readonly uuid: Buffer;
  /** Raw Ed25519 public key. */
  readonly publicKey: Buffer;
}

/** Bytes of the longest file that is looked at. */
export const keyFileBytes = 256;

const form = /^sherin-vault-key 1 ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) ([A-Za-z0-9+/]{43}=)\n?$/;

/** One line: `sherin-vault-key 1 <UUID> <public key in base64>`. */
export function vaultKeyText({ uuid, publicKey }: VaultKey): string {
  return `sherin-vault-key 1 ${uuidText(uuid)} ${publicKey.toString('base64')}\n`;
}

/** @param path names it in the error. @throws SherinError PUBLIC_KEY */
export function parseVaultKey(text: string, path: string): VaultKey {
  const bad = (part: string): SherinError => new SherinError('PUBLIC_KEY', { path, part });
  const [, uuid, key] = form.exec(text) ?? [];
  if (uuid === undefined || key === undefined)
    throw bad('it is not one line of the form "sherin-vault-key 1 UUID KEY"');
  const publicKey = Buffer.from(key, 'base64');
  if (publicKey.toString('base64') !== key) throw bad('its key is not canonical base64');
  const weakness = keyWeakness(publicKey);
  if (weakness !== null) throw bad(weakness);
  return { uuid: Buffer.from(uuid.replaceAll('-', ''), 'hex'), publicKey };
}

/** A UUID as text, in its one form here. */
export const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function uuidText(uuid: Buffer): string {
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
