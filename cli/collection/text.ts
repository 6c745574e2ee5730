/** What of a file can be searched: its text, unpacked where it is gzip. */
import { gunzipSync } from 'node:zlib';

export interface Text {
  readonly bytes: Buffer;
  /** How the file holds these bytes. */
  readonly encoding: 'plain' | 'gzip';
  readonly charset: 'utf-8' | 'iso-8859-1';
}

/** Bytes of a file, and of what it unpacks to: what is larger is no text that a person reads. */
export const largestText = 16 * 1024 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Of the control characters those that texts have: BS (overstruck pages), TAB, LF, VT, FF, CR, ESC. */
const usual = new Set([0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b]);

/** Null: no text. @param content at most {@link largestText} */
export function textOf(content: Buffer): Text | null {
  const packed = content[0] === 0x1f && content[1] === 0x8b;
  const bytes = packed ? unpacked(content) : content;
  if (bytes === null) return null;
  const charset = charsetOf(bytes);
  return charset === null ? null : { bytes, encoding: packed ? 'gzip' : 'plain', charset };
}

/** Null: damaged, or too large. */
function unpacked(content: Buffer): Buffer | null {
  try {
    return gunzipSync(content, { maxOutputLength: largestText });
  } catch {
    return null;
  }
}

function charsetOf(bytes: Buffer): Text['charset'] | null {
  if (bytes.some((byte) => (byte < 0x20 && !usual.has(byte)) || byte === 0x7f)) return null;
  try {
    utf8.decode(bytes);
    return 'utf-8';
  } catch {
    // Every sequence of bytes is ISO-8859-1, but no text in it has the second row of control characters.
    return bytes.some((byte) => byte >= 0x80 && byte < 0xa0) ? null : 'iso-8859-1';
  }
}
