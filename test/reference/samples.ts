/** Fixed keys and pseudo-random content for tests. */
import { rngChacha20 } from '@noble/ciphers/chacha.js';
import { u32 } from './bytes.js';
import type { Master } from './keys.js';

export function content(length: number, seed: number): Uint8Array {
  return rngChacha20(new Uint8Array(32).fill(u32(seed)[0] ?? 0)).randomBytes(length);
}

export function sampleMaster(): Master {
  return { vmk: new Uint8Array(32).map((_, i) => i), uuid: new Uint8Array(16).map((_, i) => 0xa0 + i) };
}

/** Lengths on both sides of every edge: block, vertex, cube. */
export const edgeLengths = [1, 4095, 4096, 4097, 65535, 65536, 65537, 200_000, 1048575, 1048576];
