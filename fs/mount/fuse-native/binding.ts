/** fuse-native as it is (no types of its own): the parts that the driver takes over. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { SherinError } from '../../../common/errors.js';
import { loadFuseNativeMend } from '../../../native/index.js';

/** Answers one request, exactly once; further values depend on the operation. */
export type Signal = (result: number, ...rest: readonly unknown[]) => void;

/** `_op_*` methods are called for the operations named in the constructor's second argument. */
export interface Fuse {
  readonly _thread: Buffer | null;
  mount(done: (error: Error | null) => void): void;
}

export interface FuseConstructor {
  new (path: string, operations: Readonly<Record<string, true>>, options: { readonly timeout: false }): Fuse;
}

export interface FuseBinding {
  readonly Fuse: FuseConstructor;
  /** Lets the event loop end; the mount itself is undone by fusermount. */
  release(path: string, thread: Buffer): void;
}

const require = createRequire(import.meta.url);

interface NativePart {
  fuse_native_unmount(path: string, thread: Buffer): void;
}

function load(): FuseBinding {
  loadFuseNativeMend();
  const main = require.resolve('fuse-native');
  const Fuse = require(main) as FuseConstructor;
  // The package keeps its addon to itself; its own loader gives the same instance.
  const find = createRequire(main)('node-gyp-build') as (folder: string) => NativePart;
  const native = find(dirname(main));
  return { Fuse, release: (path, thread) => native.fuse_native_unmount(path, thread) };
}

/** @throws SherinError TOOL_MISSING without libfuse 2 */
export function loadBinding(): FuseBinding {
  if (!isMainThread) throw new Error('fuse-native aborts in a worker thread');
  try {
    return load();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (text.includes('libfuse.so')) {
      throw new SherinError('TOOL_MISSING', { tool: 'libfuse.so.2', package: 'libfuse2' }, { cause: error });
    }
    throw error;
  }
}
