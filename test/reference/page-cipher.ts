/**
 * Pages of an encrypted SQLite file: the chacha20 scheme of SQLite3 Multiple Ciphers with a raw key
 * (FORMAT.md, "Manifest database").
 */
import { poly1305 } from '@noble/ciphers/_poly1305.js';
import { __TESTS } from '@noble/ciphers/chacha.js';
import { equalBytes, join } from './bytes.js';
import { must, Refused } from './refused.js';

/** Nonce and tag at the end of each page. */
export const reservedBytes = 32;
/** Bytes 16–23 of the file stay readable: page size, format versions, reserved bytes. */
const plainUntil = 24;

/** Little-endian words, as ChaCha20's state takes them; this code is for little-endian machines. */
function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

const sigma = words(join('expand 32-byte k'));

/** RFC 8439 ChaCha20, whose block counter here wraps at 2^32 (the noble stream refuses to). */
export function chacha20(key: Uint8Array, nonce: Uint8Array, counter: number, data: Uint8Array): Uint8Array {
  const out = Uint8Array.from(data);
  const [keyWords, nonceWords, block] = [words(key), words(nonce), new Uint32Array(16)];
  const stream = new Uint8Array(block.buffer);
  for (let at = 0; at < data.length; at += 64) {
    __TESTS.chachaCore(sigma, keyWords, nonceWords, block, (counter + at / 64) >>> 0);
    for (let i = at; i < Math.min(at + 64, data.length); i++) out[i] = (data[i] ?? 0) ^ (stream[i - at] ?? 0);
  }
  return out;
}

/** One page; `number` counts from 1. @throws Refused tag */
export function decryptPage(key: Uint8Array, number: number, page: Uint8Array): Uint8Array {
  const end = page.length - reservedBytes;
  const nonce = page.slice(end, end + 16);
  const counter = (new DataView(nonce.buffer).getUint32(12, true) ^ number) >>> 0;
  const once = chacha20(key, nonce.slice(0, 12), counter, new Uint8Array(64));
  const tag = poly1305(page.slice(0, end + 16), once.slice(0, 32));
  if (!equalBytes(tag, page.subarray(end + 16))) throw new Refused('tag', `page ${number} of the database`);
  const start = number === 1 ? plainUntil : 0;
  const content = chacha20(once.slice(32), nonce.slice(0, 12), counter + 1, page.slice(start, end));
  const head = number === 1 ? join('SQLite format 3\0', page.slice(16, plainUntil)) : new Uint8Array(0);
  return join(head, content, page.slice(end));
}

/** Page size of an encrypted file. @throws Refused malformed */
export function pageSizeOf(file: Uint8Array): number {
  must(file.length >= 512, 'the database is shorter than a page');
  const size = (file[16] ?? 0) * 256 + (file[17] ?? 0);
  const bytes = size === 1 ? 65536 : size;
  must(bytes >= 512 && (bytes & (bytes - 1)) === 0, 'page size of the database');
  must(file[20] === reservedBytes, 'reserved bytes of a page');
  return bytes;
}

/** The inverse of {@link decryptPage}, for vectors: `nonce` has 16 bytes, page 1 begins with its salt. */
export function encryptPage(
  key: Uint8Array,
  number: number,
  page: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  const end = page.length - reservedBytes;
  const counter = (new DataView(nonce.slice().buffer).getUint32(12, true) ^ number) >>> 0;
  const once = chacha20(key, nonce.slice(0, 12), counter, new Uint8Array(64));
  const start = number === 1 ? plainUntil : 0;
  const content = chacha20(once.slice(32), nonce.slice(0, 12), counter + 1, page.slice(start, end));
  const covered = join(page.slice(0, start), content, nonce);
  return join(covered, poly1305(covered, once.slice(0, 32)));
}
