import { dropCaches } from '../places.js';
import type { Store } from './store.js';

/** Nothing that was read or written is in memory any more: neither in the store's process nor in the kernel. */
export async function cold(store: Store): Promise<void> {
  await store.forget?.();
  dropCaches();
}
