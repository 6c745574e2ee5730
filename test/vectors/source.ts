/** Published test vectors: each file of this folder names its source. */
import { readFileSync } from 'node:fs';
import type { Json } from '../reference/json.js';

interface File<Vector> {
  readonly source: string;
  readonly vectors: readonly Vector[];
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8'));
}

export interface GcmVector {
  readonly name: string;
  readonly key: string;
  readonly nonce: string;
  readonly plaintext: string;
  readonly aad: string;
  readonly ciphertext: string;
  readonly tag: string;
}
export interface HkdfVector {
  readonly name: string;
  readonly key: string;
  readonly salt: string;
  readonly info: string;
  readonly output: string;
}
export interface ScryptVector {
  readonly password: string;
  readonly salt: string;
  readonly n: number;
  readonly r: number;
  readonly p: number;
  readonly output: string;
}
export interface SignatureVector {
  readonly name: string;
  readonly seed: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}
export interface MerkleVectors {
  readonly source: string;
  readonly leaves: readonly string[];
  readonly roots: readonly string[];
  readonly inclusion: readonly {
    readonly index: number;
    readonly size: number;
    readonly path: readonly string[];
  }[];
  readonly consistency: readonly {
    readonly first: number;
    readonly second: number;
    readonly path: readonly string[];
  }[];
}
export interface JcsVectors {
  readonly source: string;
  readonly objects: readonly { readonly input: string; readonly output: string }[];
  readonly numbers: readonly { readonly ieee754: string; readonly text: string }[];
}
export interface Base32Vector {
  readonly text: string;
  readonly base32: string;
}
export type StreamVector =
  | {
      readonly kind: 'chacha20';
      readonly key: string;
      readonly nonce: string;
      readonly counter: number;
      readonly plaintext: string;
      readonly ciphertext: string;
    }
  | { readonly kind: 'poly1305'; readonly key: string; readonly message: string; readonly tag: string };

export const gcmVectors = read('aes-256-gcm') as File<GcmVector>;
export const hkdfVectors = read('hkdf-sha256') as File<HkdfVector>;
export const scryptVectors = read('scrypt') as File<ScryptVector>;
export const signatureVectors = read('ed25519') as File<SignatureVector>;
export const merkleVectors = read('merkle') as MerkleVectors;
export const jcsVectors = read('jcs') as JcsVectors;
export const base32Vectors = read('base32') as File<Base32Vector>;
export const streamVectors = read('chacha20-poly1305') as File<StreamVector>;

export interface SlotVector {
  readonly [member: string]: Json;
  readonly type: string;
  readonly salt: string;
  readonly wrapped: { readonly nonce: string; readonly ciphertext: string; readonly tag: string };
}
export interface FormatVectors {
  readonly keys: {
    readonly subkeys: { readonly manifest: string };
    readonly publicKey: string;
    readonly signature: { readonly layout: string; readonly signature: string };
  };
  readonly slots: {
    readonly recovery: { readonly text: string; readonly slot: SlotVector };
    readonly passphrase: {
      readonly passphrase: string;
      readonly slot: SlotVector & {
        readonly kdf: { readonly n: number; readonly r: number; readonly p: number };
      };
    };
  };
  readonly header: { readonly file: string; readonly hash: string };
  readonly rekeyed: {
    readonly file: string;
    readonly subkeys: { readonly manifest: string };
  };
  readonly archived: { readonly file: string };
  readonly eventLog: {
    readonly slot: { readonly id: number; readonly pcrDigest: string };
    readonly file: string;
  };
  readonly cubes: readonly {
    readonly pad: string;
    readonly owner: number;
    readonly epoch: number;
    readonly length: number;
    readonly salt: string;
    readonly root: string;
    readonly id: string;
    readonly idText: string;
  }[];
  readonly objects: readonly {
    readonly root: string;
    readonly node: string;
    readonly nodes: Readonly<Record<string, string>>;
  }[];
  readonly manifest: {
    readonly records: readonly string[];
    readonly head: { readonly layout: string; readonly signature: string };
    readonly pages: readonly string[];
  };
  readonly logCopy: {
    readonly number: number;
    readonly node: string;
    readonly heads: readonly { readonly layout: string; readonly signature: string }[];
    readonly file: string;
  };
}
export const formatFile = read('format-v1') as FormatVectors;
