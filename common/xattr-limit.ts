/**
 * Bytes that the extended attributes of one file or directory have at most: names, each with the zero byte that a list has behind it,
 * and values. Every change of an inode's attributes stores all of them, and all of them are in memory with the tree.
 */
export const mostXattrBytes = 65_536;

/** Bytes of extended attributes, as {@link mostXattrBytes} counts them. */
export function xattrBytes(xattrs: Iterable<readonly [name: Uint8Array, value: Uint8Array]>): number {
  let sum = 0;
  for (const [name, value] of xattrs) sum += name.length + 1 + value.length;
  return sum;
}
