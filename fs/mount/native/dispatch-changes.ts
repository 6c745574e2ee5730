/** From the session's calls that change something to what the driver does for them. */
import { fuseOp } from '../../../native/index.js';
import type { Caller } from '../source.js';
import type { Modifying } from './modifying.js';

/** As FuseHandler of native/fuse-session.ts has them. */
export interface ChangeCall {
  readonly op: number;
  readonly id: number;
  readonly node: number;
  readonly caller: Caller;
  readonly handle: number;
  readonly offset: number;
  readonly size: number;
  readonly flags: number;
  readonly name: Buffer | null;
  readonly other: Buffer | null;
  readonly more: Float64Array | null;
}

const noBytes = Buffer.alloc(0);
const noNumbers = new Float64Array(0);

/** Of these two requests the kernel does not say whether the caller may keep setuid and setgid bits. */
function drops({ uid }: Caller): boolean {
  return uid !== 0;
}

/** As native/fuse/writes.cc gives them. */
function writeFlags(flags: number): { readonly drops: boolean; readonly append: boolean } {
  return { drops: (flags & 1) !== 0, append: (flags & 2) !== 0 };
}

/** Undefined for a call that changes nothing. */
export function dispatchChange(modifying: Modifying, call: ChangeCall): Promise<void> | undefined {
  const { op, id, node, caller, handle, offset, size, flags } = call;
  const name = call.name ?? noBytes;
  const other = call.other ?? noBytes;
  const more = call.more ?? noNumbers;
  const place = { parent: node, name };
  switch (op) {
    case fuseOp.create:
      return modifying.create(id, place, flags, more[0] ?? 0, caller);
    case fuseOp.mknod:
      return modifying.mknod(id, place, more[0] ?? 0, caller);
    case fuseOp.mkdir:
      return modifying.mkdir(id, place, more[0] ?? 0, caller);
    case fuseOp.symlink:
      return modifying.symlink(id, place, other, caller);
    case fuseOp.link:
      return modifying.link(id, node, { parent: more[0] ?? 0, name }, caller);
    case fuseOp.unlink:
      return modifying.unlink(id, place, caller);
    case fuseOp.rmdir:
      return modifying.rmdir(id, place, caller);
    case fuseOp.rename:
      return modifying.rename(id, place, { parent: more[0] ?? 0, name: other }, flags, caller);
    case fuseOp.setattr:
      return modifying.setattr(id, node, more, flags !== 0, caller);
    case fuseOp.write:
      return modifying.write(id, node, handle, { offset, count: size, ...writeFlags(flags) });
    case fuseOp.flush:
      return modifying.flush(id, handle);
    case fuseOp.fsync:
    case fuseOp.fsyncdir:
      return modifying.fsync(id, node);
    case fuseOp.setxattr:
      return modifying.setxattr(id, node, { name: name.toString('latin1'), value: other, flags }, caller);
    case fuseOp.removexattr:
      return modifying.removexattr(id, node, name.toString('latin1'), caller);
    case fuseOp.fallocate:
      return modifying.fallocate(id, node, handle, { mode: flags, offset, length: size }, drops(caller));
    case fuseOp.lseek:
      return modifying.lseek(id, handle, offset, flags);
    case fuseOp.copyFileRange: {
      const to = { number: more[0] ?? 0, handle: more[1] ?? 0, offset: more[2] ?? 0 };
      return modifying.copyFileRange(id, { handle, offset }, to, size, drops(caller));
    }
    default:
      return undefined;
  }
}
