/** Sherin IDs (FORMAT.md, "Sherin ID"). */
import { bytesToHex, join, u32, u64 } from './bytes.js';
import { type Master, mac, subkey } from './keys.js';

export interface ObjectName {
  readonly namespace: string;
  /** UTC date as the number YYYYMMDD. */
  readonly date: number;
  /** 16 bytes. */
  readonly tag: Uint8Array;
}

/** The 16 bytes of an object's ID. */
export function objectTag(
  master: Master,
  namespace: string,
  owner: number,
  root: Uint8Array,
  length: number,
): Uint8Array {
  const data = join(namespace, Uint8Array.of(0), u32(owner), root, u64(length));
  return mac(subkey(master, 'object-id'), data).slice(0, 16);
}

export function sherinId(name: ObjectName): string {
  return `${name.namespace}_${String(name.date).padStart(8, '0')}_${bytesToHex(name.tag)}`;
}

const grammar = /^[A-Z][A-Z0-9-]{0,15}_\d{8}_[0-9a-f]{32}$/;

/** True for text of the grammar whose date is one of the calendar. */
export function isSherinId(text: string): boolean {
  if (!grammar.test(text)) return false;
  const [, digits = ''] = text.split('_');
  const day = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
  const time = Date.parse(`${day}T00:00:00Z`);
  // Times are counted from 1970 on.
  return Number.isFinite(time) && time >= 0 && new Date(time).toISOString().startsWith(day);
}
