/** What the session notes of files that it opens by itself, and of closing (native/fuse-session.ts, noteFields). */
import { fuseOp, noteFields } from '../../../native/index.js';
import type { Caller } from '../source.js';

export interface NoteTaker {
  /** @param closed its release came with it, and is not told */
  opened(node: number, handle: number, caller: Caller, closed: boolean): void;
  release(handle: number): void;
  /** Of one of them; the others are told all the same. */
  failed(op: number, error: unknown): void;
}

/** Tells notes in their order. @param names paths of programs, each ended by a zero byte */
export function tellNotes(numbers: Float64Array, names: string, taker: NoteTaker): void {
  const programs = names.split('\0');
  const { opened, released } = handlesOf(numbers);
  let caller: Caller = { uid: null, gid: null, pid: null };
  for (let at = 0; at < numbers.length; at += noteFields) {
    const op = numbers[at] ?? 0;
    const handle = numbers[at + 5] ?? 0;
    try {
      if (op === fuseOp.opened) {
        caller = callerOf(numbers, at, programs[numbers[at + 6] ?? 0] ?? '', caller);
        taker.opened(numbers[at + 1] ?? 0, handle, caller, released.has(handle));
      } else if (!opened.has(handle)) taker.release(handle);
    } catch (error) {
      taker.failed(op, error);
    }
  }
}

function handlesOf(numbers: Float64Array): {
  readonly opened: ReadonlySet<number>;
  readonly released: ReadonlySet<number>;
} {
  const opened = new Set<number>();
  const released = new Set<number>();
  for (let at = 0; at < numbers.length; at += noteFields)
    (numbers[at] === fuseOp.opened ? opened : released).add(numbers[at + 5] ?? 0);
  return { opened, released };
}

/** The same object as for the note before where it is the same: mostly one program goes through many files. */
function callerOf(numbers: Float64Array, at: number, program: string, last: Caller): Caller {
  const uid = numbers[at + 2] ?? 0;
  const gid = numbers[at + 3] ?? 0;
  const pid = numbers[at + 4] ?? 0;
  const same = last.pid === pid && last.uid === uid && last.gid === gid && last.program === program;
  return same ? last : { uid, gid, pid, program };
}
