/** How long what goes to sherin-fs is in JSON, at the most: who comes together must not make a message too long. */
import type { AdmissionEntry } from '../protocol/admission.js';
import type { DaemonAuditEntry } from '../protocol/engine.js';

/** A group's number, or a Sherin ID, with what separates it. */
const [groupBytes, idBytes] = [11, 61];
/** The longest record that sherind makes, and a caller without groups. */
const [eventBytes, callerBytes] = [1024, 128];

export function bytesOfRecords({ events, caller }: DaemonAuditEntry): number {
  return callerBytes + groupBytes * (caller?.groups.length ?? 0) + eventBytes * events.length;
}

export function bytesOfAdmission({ reads, results, ...records }: AdmissionEntry): number {
  return bytesOfRecords(records) + idBytes * (reads.length + results.length);
}
