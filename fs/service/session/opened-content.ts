import { SherinError } from '../../../common/errors.js';
import type { CubeRef } from '../../../native/index.js';
import { type ContentSource, ObjectContent } from '../../cube/content.js';
import { givenUpText } from '../../history/restore.js';
import { slotBytes } from '../../manifest/index-node.js';
import { slotsAround } from '../../manifest/object-tree.js';
import { isCollected } from '../../manifest/tree.js';
import type { Stored } from '../../writing/stored.js';
import type { OpenObjects } from './open-objects.js';

/**
 * Content of an object, which counts as read until it is closed, or of cubes alone.
 * @param kept the kernel may answer the next open with what it has of it
 * @throws SherinError VERSION_COLLECTED
 */
export function openedContent(
  source: ContentSource,
  open: OpenObjects,
  object: Stored & { readonly no?: number },
  kept: boolean,
): ObjectContent {
  // Of a file that a program holds without a name, and that was destroyed.
  if (isCollected(object))
    throw new SherinError('VERSION_COLLECTED', { what: 'this content', part: givenUpText() });
  const { no, length, node } = object;
  return new ObjectContent(
    source,
    object,
    no === undefined ? undefined : open.opened({ no, length, node }),
    kept,
  );
}

/** The one cube that an object is; null where it is none, or more. */
export function onlyCube({ length, node }: Stored, nodeOf: (id: Buffer) => Buffer): CubeRef | null {
  if (length === 0 || length > slotBytes) return null;
  const [slot] = slotsAround(node, 0, nodeOf).slots;
  return slot?.kind === 'cube' && slot.cube.length === length ? slot.cube : null;
}
