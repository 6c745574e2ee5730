/** The one grammar and parser of cube IDs and Sherin IDs (FORMAT.md, "Sherin ID" and "Cube file"). */
import { base32Decode, base32Encode } from './base32.js';
import { SherinError } from './errors.js';

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** 52 characters of lower-case base32: 32 bytes. */
export type CubeId = Branded<string, 'CubeId'>;
/** `NAMESPACE_YYYYMMDD_<32 hex>`, 43–58 characters. */
export type SherinId = Branded<string, 'SherinId'>;
/** A SHA-256 Merkle root, 32 bytes. */
export type Root = Branded<Buffer, 'Root'>;
/** `[A-Z][A-Z0-9-]{0,15}` */
export type Namespace = Branded<string, 'Namespace'>;

export interface SherinIdParts {
  readonly namespace: Namespace;
  /** UTC date as the number YYYYMMDD. */
  readonly date: number;
  /** First 16 bytes of the keyed hash. */
  readonly tag: Buffer;
}

const longestId = 128;

function malformed(id: string, part: string): SherinError {
  return new SherinError('ID_MALFORMED', { id: JSON.stringify(id.slice(0, 64)), part });
}

/** The text as a cube ID; undefined when it is none. */
export function asCubeId(text: string): CubeId | undefined {
  return text.length === 52 && base32Decode(text) !== undefined ? (text as CubeId) : undefined;
}

/** @throws SherinError ID_MALFORMED */
export function parseCubeId(text: string): CubeId {
  const id = asCubeId(text);
  if (id !== undefined) return id;
  if (text.length !== 52) throw malformed(text, `a cube ID has 52 characters, this has ${text.length}`);
  throw malformed(text, 'it is not canonical lower-case base32');
}

export function cubeIdFromBytes(bytes: Uint8Array): CubeId {
  if (bytes.length !== 32) throw malformed('(bytes)', `a cube ID has 32 bytes, this has ${bytes.length}`);
  return base32Encode(bytes) as CubeId;
}

export function cubeIdToBytes(id: CubeId): Buffer {
  const bytes = base32Decode(id);
  if (bytes === undefined) throw malformed(id, 'it is not canonical lower-case base32');
  return Buffer.from(bytes);
}

export function isNamespace(text: string): text is Namespace {
  return /^[A-Z][A-Z0-9-]{0,15}$/.test(text);
}

/** @throws SherinError ID_MALFORMED */
export function parseNamespace(text: string): Namespace {
  if (isNamespace(text)) return text;
  throw malformed(text, 'a namespace is 1 to 16 of A-Z, 0-9 and -, and starts with a letter');
}

/** Days of the months, February in leap years. */
const longestMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(number: number): boolean {
  const year = Math.floor(number / 10_000);
  const month = Math.floor(number / 100) % 100;
  const day = number % 100;
  if (year < 1970 || year > 9999 || day < 1 || day > (longestMonths[month - 1] ?? 0)) return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}

const wellFormed = /^[A-Z][A-Z0-9-]{0,15}_(\d{8})_[0-9a-f]{32}$/;

/** As {@link parseSherinId}, without its parts or what is wrong with it. */
export function isSherinId(text: string): text is SherinId {
  const [, digits] = wellFormed.exec(text) ?? [];
  return digits !== undefined && isDate(Number(digits));
}

/** True for text that is meant as a Sherin ID, well formed or not: a namespace, a date, and more, but no file's extension. */
export function looksLikeSherinId(text: string): boolean {
  return /^[A-Z][A-Z0-9-]*_\d[\d-]*_[^/.]*$/i.test(text);
}

/** @throws SherinError ID_MALFORMED, naming the offending part */
export function parseSherinId(text: string): SherinIdParts {
  if (text.length > longestId) throw malformed(text, 'it is too long');
  const parts = text.split('_');
  const [namespace, digits, hex] = parts;
  if (parts.length !== 3 || namespace === undefined || digits === undefined || hex === undefined) {
    throw malformed(text, 'it has not the three parts NAMESPACE_YYYYMMDD_hex');
  }
  if (!/^\d{8}$/.test(digits) || !isDate(Number(digits)))
    throw malformed(text, `${digits.slice(0, 16)} is not a date`);
  if (!/^[0-9a-f]{32}$/.test(hex)) throw malformed(text, 'its last part is not 32 lower-case hex digits');
  return { namespace: parseNamespace(namespace), date: Number(digits), tag: Buffer.from(hex, 'hex') };
}

/** @throws SherinError ID_MALFORMED */
export function asSherinId(text: string): SherinId {
  if (!isSherinId(text)) parseSherinId(text);
  return text as SherinId;
}

export function formatSherinId(parts: SherinIdParts): SherinId {
  requireSherinId(parts);
  return textOf(parts) as SherinId;
}

/** Whether they are those of a Sherin ID. @throws SherinError ID_MALFORMED */
export function requireSherinId(parts: SherinIdParts): void {
  const { namespace, date, tag } = parts;
  parseNamespace(namespace);
  if (!Number.isInteger(date) || !isDate(date) || tag.length !== 16)
    throw malformed(textOf(parts), 'its date or its tag');
}

function textOf({ namespace, date, tag }: SherinIdParts): string {
  return `${namespace}_${String(date).padStart(8, '0')}_${tag.toString('hex')}`;
}

/** The UTC date of a time, as YYYYMMDD. */
export function utcDate(milliseconds: number): number {
  const date = new Date(milliseconds);
  return date.getUTCFullYear() * 10_000 + (date.getUTCMonth() + 1) * 100 + date.getUTCDate();
}
