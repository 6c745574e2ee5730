/** The vault's word for which segments of its audit log are kept elsewhere (FORMAT.md, "Archived segments"). */
import { sha256 } from '@noble/hashes/sha2.js';
import type { AuditKeys } from './audit-line.js';
import { equalBytes, fromBase64, join } from './bytes.js';
import {
  asList,
  asObject,
  asText,
  asWhole,
  hasMembers,
  type JsonObject,
  jcs,
  parseJcs,
  without,
} from './json.js';
import { parseUuid, verify } from './keys.js';
import { must } from './refused.js';

export interface Archived {
  /** Segments 1 to this one. */
  readonly segments: number;
  /** Records in them, and the root over those. */
  readonly size: number;
  readonly root: Uint8Array;
  readonly places: readonly string[];
}

const mostSegment = 99_999_999;

/** What its signature is over. */
export const archivedLayout = (object: JsonObject): Uint8Array =>
  sha256(join(jcs(without(object, 'signature'))));

/** @throws Refused */
export function readArchived(file: Uint8Array, { uuid, publicKey }: AuditKeys): Archived {
  must(file.length <= 65_536, 'archived.json is longer than 64 KiB');
  const object = parseJcs(file);
  const members = ['v', 'vault', 'segments', 'size', 'root', 'time', 'parts', 'signature'];
  hasMembers(object, members, 'archived.json');
  must(object.v === 1, 'version of archived.json');
  must(equalBytes(parseUuid(asText(object.vault, 'vault')), uuid), 'archived.json is of another vault');
  must(/^\d{1,19}$/.test(asText(object.time, 'time')), 'time of archived.json');
  const parts = asList(object.parts, 'parts').map((each) => asObject(each, 'part'));
  must(parts.length >= 1 && parts.length <= 64, 'parts of archived.json');
  for (const part of parts) {
    hasMembers(part, ['from', 'to', 'place'], 'a part of archived.json');
    for (const end of [part.from, part.to]) asWhole(end, 'a part', 1, mostSegment);
  }
  const signature = fromBase64(asText(object.signature, 'signature'), 64);
  verify(publicKey, uuid, 'audit-archive', archivedLayout(object), signature);
  return {
    segments: asWhole(object.segments, 'segments', 1, mostSegment),
    size: asWhole(object.size, 'size', 0, Number.MAX_SAFE_INTEGER),
    root: fromBase64(asText(object.root, 'root'), 32),
    places: parts.map(({ place }) => asText(place, 'place')),
  };
}
