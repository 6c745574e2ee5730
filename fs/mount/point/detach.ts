import { SherinError } from '../../../common/errors.js';
import { fusermount } from './fusermount.js';
import { fileSystemType } from './mount-point.js';
import { mountsAt } from './mount-table.js';

/** How a mount went: it was gone already, nothing was open, or programs still hold files and go on until they close them. */
export type Detached = 'gone' | 'closed' | 'lazy';

/** Undoes a mount of ours. @throws SherinError IO */
export async function detach(path: string): Promise<Detached> {
  if ((await mountsAt(path)).at(-1)?.type !== fileSystemType) return 'gone';
  if ((await fusermount(path, { lazy: false })) === null) return 'closed';
  const refusal = await fusermount(path, { lazy: true });
  if (refusal === null) return 'lazy';
  throw new SherinError('IO', { what: 'unmounting', part: refusal });
}
