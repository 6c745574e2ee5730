/** A valid signed header with one slot of each type, over throw-away keys. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type Header, signHeader, type UnsignedHeader } from './header.js';

export function headerKeys(): { publicKey: Buffer; sign: (message: Buffer) => Buffer } {
  const pair: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('ed25519');
  return {
    publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    sign: (message) => sign(null, message, pair.privateKey),
  };
}

const bytes = (length: number, fill: number): string => Buffer.alloc(length, fill).toString('base64');
const wrapped = { nonce: bytes(12, 1), ciphertext: bytes(32, 2), tag: bytes(16, 3) };
const name = `000b${'ab'.repeat(32)}`;

export function unsignedHeader(publicKey: Buffer): UnsignedHeader {
  return {
    format: 1,
    suite: 1,
    uuid: '01234567-89ab-cdef-0123-456789abcdef',
    generation: 7,
    created: '2026-01-02T03:04:05.678Z',
    epoch: 0,
    pad: '4k',
    owned: false,
    publicKey: publicKey.toString('base64'),
    counter: { handle: 0x0180_0001, name },
    slots: [
      { id: 0, type: 'recovery', salt: bytes(32, 4), wrapped },
      { id: 1, type: 'passphrase', salt: bytes(32, 5), kdf: { n: 32768, r: 8, p: 1 }, wrapped },
      {
        id: 2,
        type: 'tpm2',
        kind: 'software',
        device: 'swtpm',
        bank: 'sha256',
        pcrs: [0, 7],
        pin: true,
        salt: bytes(32, 6),
        kdf: { n: 16, r: 1, p: 1 },
        primaryName: name,
        public: bytes(90, 7),
        private: bytes(200, 8),
        slotCounter: { handle: 0x0180_0002, name },
        slotGeneration: 1,
        pcrDigest: '00'.repeat(32),
        pcrValues: { 0: '00'.repeat(32), 7: '11'.repeat(32) },
        wrapped,
      },
    ],
  };
}

export function signedHeader(): { header: Header; publicKey: Buffer; sign: (message: Buffer) => Buffer } {
  const keys = headerKeys();
  return { header: signHeader(unsignedHeader(keys.publicKey), keys.sign), ...keys };
}
