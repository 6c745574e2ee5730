/** What is in PK, KEK, db and dbx: lists of certificates and hashes (UEFI 2.10, 32.4.1 EFI_SIGNATURE_LIST). */
import { ByteReader, MalformedBytes } from '../../common/bytes.js';
import { guidText } from './measured-text.js';

export interface SignatureEntry {
  readonly kind: 'certificate' | 'hash' | 'other';
  readonly data: Buffer;
}

const certX509 = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072';
const certSha256 = 'c1c41626-504c-4092-aca9-41f936934328';
/** A dbx has a few hundred. */
const mostEntries = 16_384;

/** Null where it is no such list. */
export function parseSignatureLists(bytes: Buffer): readonly SignatureEntry[] | null {
  try {
    const reader = new ByteReader(bytes);
    const entries: SignatureEntry[] = [];
    while (reader.left > 0) if (!readList(reader, entries)) return null;
    return entries;
  } catch (error) {
    if (error instanceof MalformedBytes) return null;
    throw error;
  }
}

function readList(reader: ByteReader, entries: SignatureEntry[]): boolean {
  const type = guidText(reader.bytes(16));
  const kind = type === certX509 ? 'certificate' : type === certSha256 ? 'hash' : 'other';
  const [listBytes, headerBytes, entryBytes] = [reader.u32(), reader.u32(), reader.u32()];
  const body = listBytes - 28 - headerBytes;
  if (body < 0 || entryBytes <= 16 || body % entryBytes !== 0) return false;
  const count = body / entryBytes;
  if (entries.length + count > mostEntries) return false;
  reader.bytes(headerBytes);
  for (let index = 0; index < count; index++) {
    // owner
    reader.bytes(16);
    entries.push({ kind, data: reader.bytes(entryBytes - 16) });
  }
  return true;
}

/** id-at-commonName 2.5.4.3 in DER (RFC 5280, appendix A.1). */
const commonName = Buffer.from('0603550403', 'hex');

/** A name for people in an X.509 certificate: the second common name, that of its subject, or the only one. Nothing is checked. */
export function certificateName(der: Buffer): string | null {
  const first = der.indexOf(commonName);
  if (first < 0) return null;
  const second = der.indexOf(commonName, first + commonName.length);
  const at = (second < 0 ? first : second) + commonName.length;
  const length = der[at + 1] ?? 0x80;
  if (length >= 0x80 || at + 2 + length > der.length) return null;
  const text = der.subarray(at + 2, at + 2 + length).toString('utf8');
  return /^[\p{L}\p{N} .,:()&/_-]+$/u.test(text) ? text : null;
}
