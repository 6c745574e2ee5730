/** From the session's calls to operations; whatever an operation throws answers its request. */
import { type FuseHandler, type FuseSession, fuseOp } from '../../../native/index.js';
import type { MountLogger } from '../driver.js';
import type { FileSystem } from '../file-system.js';
import { errnoNumber, errnoOf } from '../posix-error.js';
import type { Caller } from '../source.js';
import { dispatchChange } from './dispatch-changes.js';
import type { Modifying } from './modifying.js';
import type { NodeTable } from './node-table.js';
import { type NoteTaker, tellNotes } from './notes.js';
import type { Operations } from './operations.js';

export interface DispatchParts {
  readonly session: FuseSession;
  readonly operations: Operations;
  readonly modifying: Modifying;
  readonly nodes: NodeTable;
  readonly fs: FileSystem;
  readonly log: MountLogger;
  readonly ready: () => void;
  readonly ended: () => void;
}

const nameOf = new Map<number, string>(Object.entries(fuseOp).map(([name, op]) => [op, name]));
const noName = Buffer.alloc(0);
const noNumbers = new Float64Array(0);

/** Bytes of an attribute's name, which may be no UTF-8. */
function bytesOf(name: Buffer | null): string {
  return (name ?? noName).toString('latin1');
}

export function dispatcher(parts: DispatchParts): FuseHandler {
  const { session, operations, modifying, nodes, fs, log } = parts;

  /** Errors that are no answers are bugs: EIO for this call, the stack in the log. */
  function fail(op: number, id: number, error: unknown): void {
    const errno = errnoOf(error);
    if (errno === undefined) {
      const stack = error instanceof Error ? error.stack : String(error);
      log.error({ operation: nameOf.get(op), stack }, 'a handler of the mount failed');
    }
    if (id > 0) session.fail(id, errnoNumber(errno ?? 'EIO'));
  }

  const noteTaker: NoteTaker = {
    opened: (...note) => operations.opened(...note),
    release: (handle) => operations.release(handle),
    failed: (op, error) => fail(op, 0, error),
  };

  return (op, id, node, uid, gid, pid, handle, offset, size, flags, name, other, more) => {
    const caller: Caller = { uid, gid, pid };
    const run = (): void | Promise<void> => {
      switch (op) {
        case fuseOp.ready:
          return parts.ready();
        case fuseOp.ended:
          return parts.ended();
        case fuseOp.forget:
          // It may have been looked up again meanwhile.
          if (session.knows(node)) return;
          nodes.forget(node);
          fs.modify.forget(nodes.inodeOf(node));
          return;
        case fuseOp.expired:
          log.warn({ requests: size }, 'requests of the mount took too long');
          return;
        case fuseOp.lookup:
          return operations.lookup(id, node, name ?? noName, caller);
        case fuseOp.getattr:
          return operations.getattr(id, node, handle);
        case fuseOp.readlink:
          return operations.readlink(id, node);
        case fuseOp.open:
          return operations.open(id, node, flags, caller, more !== null);
        case fuseOp.read:
          return operations.read(id, node, handle, offset, size);
        case fuseOp.noted:
          return tellNotes(more ?? noNumbers, String(name ?? ''), noteTaker);
        case fuseOp.rewritten:
          return fs.modify.rewritten();
        case fuseOp.opendir:
          return operations.opendir(id, node, caller);
        case fuseOp.readdir:
          return operations.readdir(id, node, handle, offset, size, false, caller);
        case fuseOp.readdirplus:
          return operations.readdir(id, node, handle, offset, size, true, caller);
        case fuseOp.releasedir:
          return operations.releasedir(handle);
        case fuseOp.getxattr:
          return operations.getxattr(id, node, bytesOf(name), size, caller);
        case fuseOp.listxattr:
          return operations.listxattr(id, node, size, caller);
        case fuseOp.statfs:
          return operations.statfs(id);
        default:
          return dispatchChange(modifying, {
            ...{ op, id, node, caller, handle, offset, size, flags, name, other, more },
          });
      }
    };
    try {
      run()?.catch((error: unknown) => fail(op, id, error));
    } catch (error) {
      fail(op, id, error);
    }
  };
}
