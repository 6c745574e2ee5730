/**
 * File names are byte strings. As text (JSON, terminal) bytes that are not UTF-8 become the lone surrogates
 * U+DC80–U+DCFF, as in Python's surrogateescape (PEP 383), so that every name has a text form that maps back.
 */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Length of the UTF-8 sequence starting at `at`, or 0 when it is not one. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    decoder.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}

/** Bytes of a name or path → text. */
export function bytesToText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    let text = '';
    for (let at = 0; at < bytes.length; ) {
      const length = sequenceLength(bytes, at);
      if (length === 0) text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      else text += decoder.decode(bytes.subarray(at, at + length));
      at += Math.max(length, 1);
    }
    return text;
  }
}

/** Text → bytes of a name or path; the inverse of {@link bytesToText}. */
export function textToBytes(text: string): Buffer {
  if (!/[\uDC80-\uDCFF]/.test(text)) return Buffer.from(text, 'utf8');
  const parts: Buffer[] = [];
  let plain = '';
  for (const character of text) {
    const unit = character.length === 1 ? character.charCodeAt(0) : 0;
    if (unit >= 0xdc80 && unit <= 0xdcff) {
      parts.push(Buffer.from(plain, 'utf8'), Buffer.from([unit - 0xdc00]));
      plain = '';
    } else plain += character;
  }
  parts.push(Buffer.from(plain, 'utf8'));
  return Buffer.concat(parts);
}

const slash = 0x2f;
const dot = 0x2e;

/** Why these bytes are no name of a directory entry (FORMAT.md, "Manifest log"); null when they are one. */
export function nameFault(name: Uint8Array): string | null {
  if (name.length === 0) return 'it is empty';
  if (name.length > 255) return `it has ${name.length} bytes, more than 255`;
  if (name.includes(0)) return 'it holds a zero byte';
  if (name.includes(slash)) return 'it holds a slash';
  if (name[0] === dot && (name.length === 1 || (name.length === 2 && name[1] === dot))) {
    return 'it is reserved';
  }
  return null;
}
