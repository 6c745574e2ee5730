/** The event log that is kept with a TPM slot (FORMAT.md, "Event logs"). */
import { sha256 } from '@noble/hashes/sha2.js';
import { hexToBytes, join } from './bytes.js';
import { asText, asWhole, type JsonObject } from './json.js';
import { verify } from './keys.js';
import { must } from './refused.js';

const signatureBytes = 64;

export function eventLogLayout(slot: JsonObject, log: Uint8Array): Uint8Array {
  const id = asWhole(slot.id, 'id', 0, 255);
  return join(Uint8Array.of(id), hexToBytes(asText(slot.pcrDigest, 'pcrDigest')), sha256(log));
}

/** @returns the log alone. @throws Refused */
export function readEventLog(
  { uuid, publicKey }: { readonly uuid: Uint8Array; readonly publicKey: Uint8Array },
  slot: JsonObject,
  file: Uint8Array,
): Uint8Array {
  const log = file.slice(signatureBytes);
  must(log.length >= 1 && log.length <= 2 ** 20, 'length of an event log');
  verify(publicKey, uuid, 'event-log', eventLogLayout(slot, log), file.slice(0, signatureBytes));
  return log;
}
