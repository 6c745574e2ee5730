/**
 * The log of what firmware and boot programs have measured, as the kernel shows it in `binary_bios_measurements` (TCG PC Client
 * Platform Firmware Profile 1.05, section 10). Whoever wrote it may be hostile: every length is checked, nothing may be left over.
 */
import { ByteReader, MalformedBytes } from '../../common/bytes.js';
import { EventType } from './event-types.js';

export type Bank = 'sha1' | 'sha256' | 'sha384' | 'sha512';

export interface BootEvent {
  /** Position in the log from 0, the header included: as tpm2_eventlog counts. */
  readonly number: number;
  readonly pcr: number;
  readonly type: number;
  readonly digests: ReadonlyMap<Bank, Buffer>;
  readonly data: Buffer;
}

export type EventLog =
  | {
      readonly format: 'crypto-agile';
      readonly banks: readonly Bank[];
      readonly events: readonly BootEvent[];
    }
  /** That of a TPM 1.2, or of firmware that was told to write one: SHA-1 only, which no slot is sealed to. */
  | { readonly format: 'sha1' };

/** Logs of firmware have some tens of KiB. */
export const mostLogBytes = 1024 * 1024;
const mostEvents = 8192;
const mostAlgorithms = 16;
const mostPcr = 23;

/** TPM_ALG_ID (TPM 2.0 Part 2, 6.3) of the banks that are told apart; digests of others are passed over. */
const banks: ReadonlyMap<number, { readonly bank: Bank; readonly bytes: number }> = new Map([
  [0x0004, { bank: 'sha1', bytes: 20 }],
  [0x000b, { bank: 'sha256', bytes: 32 }],
  [0x000c, { bank: 'sha384', bytes: 48 }],
  [0x000d, { bank: 'sha512', bytes: 64 }],
]);

/** @throws MalformedBytes */
export function parseEventLog(bytes: Uint8Array): EventLog {
  if (bytes.length > mostLogBytes) throw new MalformedBytes(`longer than ${mostLogBytes} bytes`);
  const reader = new ByteReader(bytes);
  const first = readSha1Event(reader);
  const algorithms = first.type === EventType.noAction ? specification(first.data) : null;
  if (algorithms === null) {
    for (let count = 1; reader.left > 0; count++) {
      if (count > mostEvents) throw new MalformedBytes(`more than ${mostEvents} events`);
      readSha1Event(reader);
    }
    return { format: 'sha1' };
  }
  const events: BootEvent[] = [];
  while (reader.left > 0) {
    if (events.length >= mostEvents) throw new MalformedBytes(`more than ${mostEvents} events`);
    events.push(readEvent(reader, events.length + 1, algorithms));
  }
  return {
    format: 'crypto-agile',
    banks: [...algorithms.keys()].flatMap((id) => banks.get(id)?.bank ?? []),
    events,
  };
}

/** TCG_PCR_EVENT: the header of a log, and every event of an old one. */
function readSha1Event(reader: ByteReader): { readonly type: number; readonly data: Buffer } {
  const pcr = reader.u32();
  const type = reader.u32();
  requirePcr(pcr, type);
  reader.bytes(20);
  return { type, data: reader.bytes32() };
}

/** Digest sizes by algorithm, from TCG_EfiSpecIDEvent; null where the header is none of a crypto-agile log. */
function specification(data: Buffer): ReadonlyMap<number, number> | null {
  if (data.subarray(0, 16).toString('latin1') !== 'Spec ID Event03\0') return null;
  const reader = new ByteReader(data.subarray(16));
  // platform class, version, errata, size of UINTN
  reader.bytes(8);
  const count = reader.u32();
  if (count < 1 || count > mostAlgorithms) throw new MalformedBytes(`${count} digest algorithms`);
  const sizes = new Map<number, number>();
  for (let index = 0; index < count; index++) {
    const id = reader.u16();
    const size = reader.u16();
    const known = banks.get(id);
    if (sizes.has(id) || size < 1 || size > 64 || (known !== undefined && known.bytes !== size))
      throw new MalformedBytes(`digest algorithm ${id} of ${size} bytes`);
    sizes.set(id, size);
  }
  // of the vendor
  reader.bytes8();
  reader.end();
  return sizes;
}

/** TCG_PCR_EVENT2. */
function readEvent(reader: ByteReader, number: number, algorithms: ReadonlyMap<number, number>): BootEvent {
  const pcr = reader.u32();
  const type = reader.u32();
  requirePcr(pcr, type);
  const count = reader.u32();
  if (count < 1 || count > algorithms.size) throw new MalformedBytes(`event ${number} has ${count} digests`);
  const seen = new Set<number>();
  const digests = new Map<Bank, Buffer>();
  for (let index = 0; index < count; index++) {
    const id = reader.u16();
    const size = algorithms.get(id);
    if (size === undefined || seen.has(id))
      throw new MalformedBytes(`event ${number} has a digest of algorithm ${id}`);
    seen.add(id);
    const digest = reader.bytes(size);
    const bank = banks.get(id)?.bank;
    if (bank !== undefined) digests.set(bank, digest);
  }
  return { number, pcr, type, digests, data: reader.bytes32() };
}

/** What extends nothing may name any PCR. */
function requirePcr(pcr: number, type: number): void {
  if (pcr > mostPcr && type !== EventType.noAction) throw new MalformedBytes(`there is no PCR ${pcr}`);
}
