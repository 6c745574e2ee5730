/** Serves a MemorySource at a directory; a process of its own, so that tests may use the mount synchronously and kill it. */

import type { DriverName, Invalidation } from '../../fs/mount/driver.js';
import { FuseNativeDriver } from '../../fs/mount/fuse-native/driver.js';
import { NativeDriver } from '../../fs/mount/native/driver.js';
import { MemorySource } from './memory-source.js';

export type Command =
  | { readonly do: 'mount' }
  | { readonly do: 'unmount' }
  | { readonly do: 'invalidate'; readonly what: Invalidation }
  | { readonly do: 'put'; readonly path: string; readonly text: string }
  | { readonly do: 'set'; readonly locked?: boolean; readonly statusSize?: number; readonly blocks?: number }
  | { readonly do: 'free' }
  | { readonly do: 'counts' };

export interface Counts {
  readonly opened: number;
  readonly closed: number;
  readonly reads: number;
  readonly greatestParallel: number;
  readonly hung: number;
  readonly logged: readonly { readonly level: string; readonly operation: string; readonly stack?: string }[];
}

export interface ServerOptions {
  readonly driver: DriverName;
  readonly path: string;
  readonly allowOther?: boolean;
  readonly listIds?: boolean;
  readonly deadline?: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as ServerOptions;
const source = new MemorySource();
const logged: object[] = [];
const log = {
  error: (details: object, message: string) => logged.push({ level: 'error', message, ...details }),
  warn: (details: object, message: string) => logged.push({ level: 'warn', message, ...details }),
};
const Driver = options.driver === 'native' ? NativeDriver : FuseNativeDriver;
const driver = new Driver({
  allowOther: false,
  listIds: false,
  ...options,
  source,
  log,
});

async function run(command: Command): Promise<unknown> {
  switch (command.do) {
    case 'mount':
      return driver.mount();
    case 'unmount':
      return driver.unmount();
    case 'invalidate':
      return driver.invalidate(command.what);
    case 'put':
      return source.put(command.path, command.text);
    case 'set':
      source.locked = command.locked ?? source.locked;
      source.statusSize = command.statusSize ?? source.statusSize;
      source.blocks = command.blocks ?? source.blocks;
      return undefined;
    case 'free':
      source.free();
      return undefined;
    case 'counts': {
      const { opened, closed, reads, greatestParallel } = source;
      return { opened, closed, reads, greatestParallel, hung: source.hung?.length ?? 0, logged };
    }
  }
}

process.on('message', ({ number, command }: { number: number; command: Command }) => {
  run(command).then(
    (result) => process.send?.({ number, result }),
    (error: unknown) => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'none';
      process.send?.({ number, error: { code, message: String(error) } });
    },
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });
