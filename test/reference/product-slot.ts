/** A slot of the reference in the form fs/manifest takes. */
import type { Slot as ProductSlot } from '../../fs/manifest/object-tree.js';
import type { CubeRef } from './cube.js';
import type { Slot } from './object-tree.js';

function buffers(cube: CubeRef) {
  return { id: Buffer.from(cube.id), root: Buffer.from(cube.root), length: cube.length };
}

export function toProductSlot(slot: Slot): ProductSlot {
  if (slot.kind === 'hole') return slot;
  if (slot.kind === 'cube') return { kind: 'cube', cube: buffers(slot.cube) };
  const pieces = slot.pieces.map(({ cube, vertices, first }) =>
    cube === null
      ? ({ kind: 'hole', vertices } as const)
      : ({ kind: 'cube', vertices, first, cube: buffers(cube) } as const),
  );
  return { kind: 'pieces', root: Buffer.from(slot.root), pieces };
}
