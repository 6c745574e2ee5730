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

function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
}

/** Who asked; null: nobody, sherin-fs itself. */
export function actorOfPeer(peer: Caller | null): AuditEvent['actor'] {
  return peer === null ? systemActor : actorOf(peer);
}

/** A caller as the audit log names it; the executable is advisory. */
export function actorOf(caller: Caller): AuditEvent['actor'] {
  const { uid, pid } = caller;
  const program = caller.program ?? (pid === null ? '' : programOf(pid));
  return { uid, pid, exe: program === '' ? null : basename(program).slice(0, 255) };
}
