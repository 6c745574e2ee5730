import type { Namespace } from '../../common/ids.js';
import type { Keyring } from '../../native/index.js';

/** What the 16 bytes of a Sherin ID depend on. */
export interface TaggedContent {
  readonly namespace: Namespace;
  /** uid that its IDs depend on. */
  readonly owner: number;
  /** Object root. */
  readonly root: Buffer;
  readonly length: number;
}

/** Longest namespace, its zero, owner, root and length. */
const longestMessage = 16 + 1 + 4 + 32 + 8;
const tagBytes = 16;
const macBytes = 32;

/** The 16 bytes of a Sherin ID: a keyed hash of the content alone (FORMAT.md, "Sherin ID"). */
export function objectTag(keyring: Keyring, content: TaggedContent): Buffer {
  return keyring.hmac('object-id', messageOf(content, Buffer.alloc(longestMessage))).subarray(0, tagBytes);
}

/** Those of many, in their order. */
export function objectTags(keyring: Keyring, contents: readonly TaggedContent[]): Buffer[] {
  const room = Buffer.alloc(contents.length * longestMessage);
  const messages = contents.map((content, i) => messageOf(content, room.subarray(i * longestMessage)));
  const macs = keyring.hmacs('object-id', messages);
  return messages.map((_, i) => macs.subarray(i * macBytes, i * macBytes + tagBytes));
}

/** What is hashed, at the start of `room`. */
function messageOf({ namespace, owner, root, length }: TaggedContent, room: Buffer): Buffer {
  let at = room.write(namespace, 'ascii');
  at = room.writeUInt8(0, at);
  at = room.writeUInt32LE(owner, at);
  if (root.length !== 32) throw new RangeError('an object root has 32 bytes');
  room.set(root, at);
  return room.subarray(0, room.writeBigUInt64LE(BigInt(length), at + root.length));
}
