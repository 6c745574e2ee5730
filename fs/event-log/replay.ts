/** What a log says that the PCRs must be: each event that extends one is extended again (TPM 2.0 Part 1, 17). */
import { createHash } from 'node:crypto';
import type { Bank, BootEvent } from './event-log.js';
import { EventType } from './event-types.js';

const digestBytes: Readonly<Record<Bank, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };
const startupLocality = 'StartupLocality\0';

/** Values of the PCRs that the events extend; one that an event extends without a digest of the bank is left out. */
export function replay(events: readonly BootEvent[], bank: Bank): ReadonlyMap<number, Buffer> {
  const values = new Map<number, Buffer | null>();
  for (const { pcr, type, digests } of events) {
    if (type === EventType.noAction) continue;
    const before = values.get(pcr) ?? (values.has(pcr) ? null : atReset(pcr, bank, events));
    const digest = digests.get(bank);
    const known = before !== null && digest !== undefined;
    values.set(pcr, known ? createHash(bank).update(before).update(digest).digest() : null);
  }
  return new Map([...values].flatMap(([pcr, value]) => (value === null ? [] : [[pcr, value]])));
}

/** Before anything was measured: zeros; ones in the PCRs of a dynamic launch (PC Client Platform TPM Profile, table 4). */
export function resetValue(pcr: number, bank: Bank): Buffer {
  return Buffer.alloc(digestBytes[bank], pcr >= 17 && pcr <= 22 ? 0xff : 0);
}

/** PCR 0 begins with the locality that started the TPM (Platform Firmware Profile, 10.4.5.3). */
function atReset(pcr: number, bank: Bank, events: readonly BootEvent[]): Buffer {
  const value = resetValue(pcr, bank);
  if (pcr === 0) value[value.length - 1] = localityOf(events);
  return value;
}

function localityOf(events: readonly BootEvent[]): number {
  for (const { type, data } of events) {
    if (type !== EventType.noAction || data.length !== startupLocality.length + 1) continue;
    if (data.subarray(0, -1).toString('latin1') === startupLocality) return data.at(-1) ?? 0;
  }
  return events.some(({ type, pcr }) => type === EventType.hcrtm && pcr === 0) ? 4 : 0;
}
