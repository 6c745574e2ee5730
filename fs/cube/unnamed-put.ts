import type { Put } from '../manifest/records.js';
import type { TaggedContent } from './object-tag.js';

/** A put whose ID is still to be made, with those of others. */
export interface UnnamedPut extends TaggedContent {
  readonly inode: number;
  /** Of its ID, where the namespace has no equal content yet. */
  readonly date: number;
  /** Root node of the object's index tree. */
  readonly node: Buffer;
}

/** @param tag its own of {@link objectTags} */
export function namedPut(
  { inode, namespace, date, length, root, node }: UnnamedPut,
  tag: Buffer | undefined,
): Put {
  if (tag === undefined) throw new RangeError('a content without a tag');
  return { type: 'put', inode, id: { namespace, date, tag }, length, root, node, lineage: null };
}
