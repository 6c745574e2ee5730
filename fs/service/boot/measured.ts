/** A log, as far as it explains PCRs: events, and the values that they lead to. */
import { MalformedBytes } from '../../../common/bytes.js';
import { type BootEvent, parseEventLog } from '../../event-log/event-log.js';
import { replay, resetValue } from '../../event-log/replay.js';
import type { TpmSlot } from '../../vault/header.js';

export type SlotBank = TpmSlot['bank'];

export interface Measured {
  readonly events: readonly BootEvent[];
  /** Hex; null where the log has no digests for it. A PCR that nothing extends has its first value. */
  value(pcr: number): string | null;
}

/** @returns why it explains nothing, where it does not */
export function readMeasured(bytes: Buffer, bank: SlotBank): Measured | string {
  try {
    const log = parseEventLog(bytes);
    if (log.format === 'sha1') return 'it is one of SHA-1 alone, as firmware makes for a TPM 1.2';
    if (!log.banks.includes(bank)) return `it has no digests of ${bank}`;
    const { events } = log;
    const values = replay(events, bank);
    const touched = new Set(events.map(({ pcr }) => pcr));
    const value = (pcr: number): string | null => {
      const known = values.get(pcr) ?? (touched.has(pcr) ? undefined : resetValue(pcr, bank));
      return known?.toString('hex') ?? null;
    };
    return { events, value };
  } catch (error) {
    if (error instanceof MalformedBytes) return `it is malformed: ${error.message}`;
    throw error;
  }
}
