/** From frozen content to cubes: what changed is encrypted slot by slot, the rest stays as it is. */
import { slotCount } from '../manifest/index-node.js';
import { type ObjectTree, ObjectTreeBuilder, type Slot } from '../manifest/object-tree.js';
import type { FrozenContent } from './frozen-content.js';
import { type SealTarget, sealSlot } from './seal-slot.js';
import { type SlotBuffers, slotsInFlight } from './slot-buffers.js';

/** Seals all of it. @throws as {@link sealSlot} */
export async function sealContent(
  content: FrozenContent,
  target: SealTarget,
  buffers: SlotBuffers,
): Promise<ObjectTree> {
  const builder = new ObjectTreeBuilder();
  let pushed = 0;
  const push = (index: number, slot: Slot): void => {
    builder.pushHoles(index - pushed);
    builder.push(slot);
    pushed = index + 1;
  };
  const window: { readonly index: number; readonly slot: Promise<Slot> }[] = [];
  const drain = async (left: number): Promise<void> => {
    while (window.length > left) {
      const oldest = window.shift();
      if (oldest !== undefined) push(oldest.index, await oldest.slot);
    }
  };
  try {
    for (const { index, slot } of content.plan(target.node)) {
      if (slot !== null && window.length === 0) {
        push(index, slot);
        continue;
      }
      const made = slot === null ? sealSlot(content, index, target, buffers) : Promise.resolve(slot);
      // Awaited in order: one that fails before its turn must not count as unhandled.
      made.catch(() => undefined);
      window.push({ index, slot: made });
      await drain(slotsInFlight - 1);
    }
    await drain(0);
  } finally {
    await Promise.allSettled(window.map(({ slot }) => slot));
  }
  builder.pushHoles(slotCount(content.length) - pushed);
  return builder.done(content.length);
}
