import { system } from '../../../native/index.js';

/** Buffers that are garbage are freed beside the program, after the collection. */
const sweepMs = 200;

/**
 * Gives memory back that a compaction has freed. Neither V8 nor glibc does so by itself: garbage waits for the next allocations,
 * free pages for the end of the heap. Takes some 10 ms; sherin-fs is started with --expose-gc for it.
 */
export function releaseMemory(): void {
  globalThis.gc?.();
  setTimeout(() => system.trimHeap(), sweepMs).unref();
}
