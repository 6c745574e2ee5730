/** fuse-native's class with every operation taken over: its own lose throws and read past short attribute buffers. */
import type { MountLogger } from '../driver.js';
import type { Fuse, FuseConstructor, Signal } from './binding.js';
import { changeMethods, type Run, wide } from './change-methods.js';
import type { Deadlines } from './deadlines.js';
import type { Modifying } from './modifying.js';
import type { Operations } from './operations.js';
import { Request, serve } from './request.js';

const served = [
  ...['getattr', 'fgetattr', 'readdir', 'readlink', 'statfs', 'getxattr', 'listxattr'],
  ...['open', 'read', 'release'],
];

export interface FuseMountParts {
  readonly operations: Operations;
  readonly modifying: Modifying;
  readonly deadlines: Deadlines;
  readonly logger: MountLogger;
  /** Mount options as libfuse takes them, joined by commas. */
  readonly options: string;
}

/** The mount of one file system; `Base` is fuse-native's class. */
export function makeFuseMount(Base: FuseConstructor, path: string, parts: FuseMountParts): Fuse {
  const { operations, deadlines, logger } = parts;
  const run: Run = (operation, signal, handler, tail = []) => {
    const request = new Request(operation, signal, tail, deadlines, logger);
    serve(request, deadlines, () => handler(request));
  };
  const changes = changeMethods(run, parts.modifying);
  const names = [...served, ...Object.keys(changes)].map((name) => [name, true as const]);

  class FuseMount extends Base {
    _fuseOptions(): string {
      return `-o${parts.options}`;
    }
    _op_getattr(signal: Signal, path: string): void {
      run('getattr', signal, (request) => operations.getattr(request, path));
    }
    _op_fgetattr(signal: Signal, _path: string, handle: number): void {
      run('fgetattr', signal, (request) => operations.fgetattr(request, handle));
    }
    _op_readdir(signal: Signal, path: string): void {
      run('readdir', signal, (request) => operations.readdir(request, path));
    }
    _op_readlink(signal: Signal, path: string): void {
      run('readlink', signal, (request) => operations.readlink(request, path));
    }
    _op_open(signal: Signal, path: string, flags: number): void {
      run('open', signal, (request) => operations.open(request, path, flags));
    }
    _op_release(signal: Signal, _path: string, handle: number): void {
      run('release', signal, (request) => operations.release(request, handle));
    }
    _op_read(
      signal: Signal,
      _path: string,
      handle: number,
      target: Buffer,
      length: number,
      low: number,
      high: number,
    ): void {
      const offset = wide(low, high);
      run('read', signal, (request) => operations.read(request, handle, target, length, offset), [
        0,
        target.buffer,
      ]);
    }
    _op_statfs(signal: Signal): void {
      run('statfs', signal, (request) => operations.statfs(request));
    }
    _op_getxattr(signal: Signal, path: string, name: string, target: Buffer): void {
      run('getxattr', signal, (request) => operations.getxattr(request, path, name, target), [target.buffer]);
    }
    _op_listxattr(signal: Signal, path: string, target: Buffer): void {
      run('listxattr', signal, (request) => operations.listxattr(request, path, target), [target.buffer]);
    }
  }

  for (const [name, method] of Object.entries(changes)) {
    Object.defineProperty(FuseMount.prototype, `_op_${name}`, { value: method });
  }
  return new FuseMount(path, Object.fromEntries(names), { timeout: false });
}
