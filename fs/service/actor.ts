import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { AuditEvent } from '../audit/event.js';
import type { Caller } from '../mount/source.js';

/** sherin-fs itself. */
export const systemActor: AuditEvent['actor'] = {
  uid: process.getuid?.() ?? null,
  pid: process.pid,
  exe: 'sherin-fs',
};

/** Of who asks more than once, as with his first request: a look at a process costs more than its record. */
const programs = new WeakMap<Caller, string>();

function programOf(caller: Caller): string {
  const known = programs.get(caller);
  if (known !== undefined) return known;
  const program = caller.pid === null ? '' : lookedUp(caller.pid);
  programs.set(caller, program);
  return program;
}

function lookedUp(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
}

/** A caller as the audit log names it, null for sherin-fs itself; the executable is advisory. */
export function actorOf(caller: Caller | null): AuditEvent['actor'] {
  if (caller === null) return systemActor;
  const { uid, pid } = caller;
  const program = caller.program ?? programOf(caller);
  return { uid, pid, exe: program === '' ? null : basename(program).slice(0, 255) };
}
