/** Methods of fuse-native's class for what changes something: from their arguments to what the driver does. */
import type { Signal } from './binding.js';
import type { Modifying } from './modifying.js';
import type { Request } from './request.js';

/** Serves a request; `tail` is what follows the error number in a failure answer. */
export type Run = (
  operation: string,
  signal: Signal,
  handler: (request: Request) => void | Promise<void>,
  tail?: readonly unknown[],
) => void;

/** 64 bits in two numbers. */
export function wide(low: number, high: number): number {
  return low + high * 2 ** 32;
}

/** In the upper half of the offset of a write, see native/fuse2/operations.cc. */
const atEnd = 2 ** 30;

/** By the operation's name; the class has them as `_op_<name>`. */
export function changeMethods(run: Run, modifying: Modifying): Readonly<Record<string, object>> {
  return {
    create: (signal: Signal, path: string, mode: number) =>
      run('create', signal, (request) => modifying.create(request, path, mode)),
    mknod: (signal: Signal, path: string, mode: number) =>
      run('mknod', signal, (request) => modifying.mknod(request, path, mode)),
    mkdir: (signal: Signal, path: string, mode: number) =>
      run('mkdir', signal, (request) => modifying.mkdir(request, path, mode)),
    symlink: (signal: Signal, target: string, path: string) =>
      run('symlink', signal, (request) => modifying.symlink(request, target, path)),
    link: (signal: Signal, path: string, newPath: string) =>
      run('link', signal, (request) => modifying.link(request, path, newPath)),
    unlink: (signal: Signal, path: string) =>
      run('unlink', signal, (request) => modifying.unlink(request, path)),
    rmdir: (signal: Signal, path: string) =>
      run('rmdir', signal, (request) => modifying.rmdir(request, path)),
    rename: (signal: Signal, path: string, newPath: string) =>
      run('rename', signal, (request) => modifying.rename(request, path, newPath)),
    chmod: (signal: Signal, path: string, mode: number) =>
      run('chmod', signal, (request) => modifying.chmod(request, path, mode)),
    chown: (signal: Signal, path: string, uid: number, gid: number) =>
      run('chown', signal, (request) => modifying.chown(request, path, uid, gid)),
    truncate: (signal: Signal, path: string, low: number, high: number) =>
      run('truncate', signal, (request) => modifying.truncate(request, path, wide(low, high))),
    ftruncate: (signal: Signal, _path: string, handle: number, low: number, high: number) =>
      run('ftruncate', signal, (request) => modifying.ftruncate(request, handle, wide(low, high))),
    // Comes as an attribute: see native/fuse2/operations.cc. libfuse has to see that there is such an operation.
    utimens: (signal: Signal) => run('utimens', signal, (request) => request.answer(0)),
    write: (
      signal: Signal,
      _path: string,
      handle: number,
      data: Buffer,
      _length: number,
      low: number,
      high: number,
    ) => {
      const append = (high & atEnd) !== 0;
      const offset = wide(low, high & ~atEnd);
      const tail = [0, data.buffer];
      run('write', signal, (request) => modifying.write(request, handle, data, { offset, append }), tail);
    },
    flush: (signal: Signal, _path: string, handle: number) =>
      run('flush', signal, (request) => modifying.flush(request, handle)),
    fsync: (signal: Signal, _path: string, _data: number, handle: number) =>
      run('fsync', signal, (request) => modifying.fsync(request, handle)),
    fsyncdir: (signal: Signal, path: string) =>
      run('fsyncdir', signal, (request) => modifying.fsyncdir(request, path)),
    setxattr: (
      signal: Signal,
      path: string,
      name: string,
      value: Buffer,
      _position: number,
      flags: number,
    ) => {
      const tail = [value.buffer];
      if (name === '') run('utimens', signal, (request) => modifying.utimens(request, path, value), tail);
      else run('setxattr', signal, (request) => modifying.setxattr(request, path, name, value, flags), tail);
    },
    removexattr: (signal: Signal, path: string, name: string) =>
      run('removexattr', signal, (request) => modifying.removexattr(request, path, name)),
  };
}
