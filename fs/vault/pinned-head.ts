/** A tree head as this machine remembers it, outside of the vault. */
import * as z from 'zod';
import { base64 } from './fields.js';

/** What of a tree head is needed to tell it from others, and an older one from a newer. */
export interface PinnedHead {
  /** Records of the log. */
  readonly size: number;
  readonly root: Buffer;
  /** Value of the rollback counter that it names. */
  readonly nv: bigint;
}

export const pinnedHeadSchema = z.strictObject({
  size: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  root: base64(32),
  nv: z.string().regex(/^(0|[1-9]\d{0,19})$/),
});
export type PinnedHeadFields = z.infer<typeof pinnedHeadSchema>;

export function headFromFields({ size, root, nv }: PinnedHeadFields): PinnedHead {
  return { size, root: Buffer.from(root, 'base64'), nv: BigInt(nv) };
}

export function fieldsOfHead({ size, root, nv }: PinnedHead): PinnedHeadFields {
  return { size, root: root.toString('base64'), nv: nv.toString() };
}

/** Whether both are one head of one log. */
export function isSameHead(one: PinnedHead, other: PinnedHead): boolean {
  return one.size === other.size && one.nv === other.nv && one.root.equals(other.root);
}
