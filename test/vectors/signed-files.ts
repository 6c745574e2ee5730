/** `audit/archived.json`, and the event log of a TPM slot (FORMAT.md, "Archived segments" and "Event logs"). Made by the reference. */
import { archivedLayout } from '../reference/archived.js';
import { bytesToHex as hex, join, toBase64 } from '../reference/bytes.js';
import { eventLogLayout } from '../reference/event-log.js';
import { type Json, type JsonObject, jcs } from '../reference/json.js';
import { type Master, sign } from '../reference/keys.js';

export function archivedVector(master: Master, vault: string): Json {
  const unsigned: JsonObject = {
    v: 1,
    vault,
    segments: 3,
    size: 5,
    root: toBase64(new Uint8Array(32).fill(2)),
    time: '1767322800000000000',
    parts: [
      { from: 1, to: 2, place: '/media/one' },
      { from: 3, to: 3, place: '/media/two' },
    ],
  };
  const signature = toBase64(sign(master, 'audit-archive', archivedLayout(unsigned)));
  return { file: jcs({ ...unsigned, signature }) };
}

export function eventLogVector(master: Master, log: Uint8Array): Json {
  const slot = { id: 2, pcrDigest: 'ab'.repeat(32) };
  const signature = sign(master, 'event-log', eventLogLayout(slot, log));
  return { slot, file: hex(join(signature, log)) };
}
