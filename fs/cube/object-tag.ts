import type { Namespace } from '../../common/ids.js';
import type { Keyring } from '../../native/index.js';

/** Longest namespace, its zero, owner, root and length: where they are put together, for each of many small files. */
const message = Buffer.alloc(16 + 1 + 4 + 32 + 8);

/** The 16 bytes of a Sherin ID: a keyed hash of the content alone (FORMAT.md, "Sherin ID"). */
export function objectTag(
  keyring: Keyring,
  namespace: Namespace,
  owner: number,
  root: Buffer,
  length: number,
): Buffer {
  let at = message.write(namespace, 'ascii');
  at = message.writeUInt8(0, at);
  at = message.writeUInt32LE(owner, at);
  if (root.length !== 32) throw new RangeError('an object root has 32 bytes');
  message.set(root, at);
  const end = message.writeBigUInt64LE(BigInt(length), at + root.length);
  return keyring.hmac('object-id', message.subarray(0, end)).subarray(0, 16);
}
