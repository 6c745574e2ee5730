import type { Namespace } from '../../common/ids.js';
import type { Keyring } from '../../native/index.js';

const zero = Buffer.from([0]);

/** The 16 bytes of a Sherin ID: a keyed hash of the content alone (FORMAT.md, "Sherin ID"). */
export function objectTag(
  keyring: Keyring,
  namespace: Namespace,
  owner: number,
  root: Buffer,
  length: number,
): Buffer {
  const numbers = Buffer.alloc(12);
  numbers.writeUInt32LE(owner, 0);
  numbers.writeBigUInt64LE(BigInt(length), 4);
  const data = Buffer.concat([
    Buffer.from(namespace, 'ascii'),
    zero,
    numbers.subarray(0, 4),
    root,
    numbers.subarray(4),
  ]);
  return keyring.hmac('object-id', data).subarray(0, 16);
}
