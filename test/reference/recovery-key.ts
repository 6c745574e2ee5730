/** The recovery key's text form (FORMAT.md, "Key slots"). */
import { sha256 } from '@noble/hashes/sha2.js';
import { fromBase32, toBase32 } from './base32.js';
import { equalBytes, join } from './bytes.js';
import { must, Refused } from './refused.js';

const check = (key: Uint8Array): Uint8Array => sha256(join('sherin/v1/recovery-check', key)).slice(0, 3);

export function formatRecoveryKey(key: Uint8Array): string {
  return (toBase32(join(key, check(key))).match(/.{8}/g) ?? []).join('-');
}

/** @throws Refused malformed for other text, key for a wrong checksum */
export function parseRecoveryKey(text: string): Uint8Array {
  const digits = text.toLowerCase().replace(/[\s-]/g, '');
  must(digits.length === 56, `a recovery key has 56 characters, this has ${digits.length}`);
  const bytes = fromBase32(digits);
  const key = bytes.slice(0, 32);
  if (!equalBytes(bytes.slice(32), check(key))) throw new Refused('key', 'checksum of the recovery key');
  return key;
}
