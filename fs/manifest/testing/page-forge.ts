/**
 * What someone with the key could do to the file: any page can be decrypted, edited, encrypted and authenticated again.
 * The cipher is the reference's, written from FORMAT.md ("Manifest database").
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { poly1305 } from '@noble/ciphers/_poly1305.js';
import { chacha20, decryptPage } from '../../../test/reference/page-cipher.js';

export const pageBytes = 4096;
const payload = pageBytes - 32;

function encryptPage(key: Buffer, number: number, page: Buffer, salt: Buffer): Buffer {
  const stored = Buffer.from(page);
  randomBytes(16).copy(stored, payload);
  const nonce = stored.subarray(payload, payload + 12);
  const counter = (stored.readUInt32LE(payload + 12) ^ number) >>> 0;
  const once = chacha20(key, nonce, counter, new Uint8Array(64));
  const clear = number === 1 ? 24 : 0;
  stored.set(chacha20(once.slice(32), nonce, counter + 1, page.subarray(clear, payload)), clear);
  if (number === 1) salt.copy(stored);
  stored.set(poly1305(stored.subarray(0, payload + 16), once.slice(0, 32)), payload + 16);
  return stored;
}

/** Changes plain pages of a closed database; `edit` returns whether it changed the page. Gives the number of pages changed. */
export function forgePages(
  path: string,
  key: Buffer,
  edit: (page: Buffer, number: number) => boolean,
): number {
  const file = readFileSync(path);
  let forged = 0;
  for (let at = 0; at < file.length; at += pageBytes) {
    const number = at / pageBytes + 1;
    const page = Buffer.from(decryptPage(key, number, Uint8Array.from(file.subarray(at, at + pageBytes))));
    if (!edit(page, number)) continue;
    encryptPage(key, number, page, file.subarray(0, 16)).copy(file, at);
    forged += 1;
  }
  writeFileSync(path, file);
  return forged;
}

/** Replaces bytes wherever they stand inside a page. */
export function forgeBytes(path: string, key: Buffer, from: Buffer, to: Buffer): number {
  return forgePages(path, key, (page) => {
    const at = page.indexOf(from);
    if (at < 0) return false;
    to.copy(page, at);
    return true;
  });
}
