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

function executable(pid: number): string | null {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`)).slice(0, 255);
  } catch {
    return null;
  }
}

/** A caller as the audit log names it; the executable is advisory. */
export function actorOf(caller: Caller): AuditEvent['actor'] {
  return { uid: caller.uid, pid: caller.pid, exe: caller.pid === null ? null : executable(caller.pid) };
}
