const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const [quote, backslash, colon] = [0x22, 0x5c, 0x3a];

/**
 * The value of a line; undefined where it is no JSON in UTF-8, or names a key twice: what checks a request and what acts on it must
 * not see different ones.
 */
export function parseLine(line: Uint8Array): unknown {
  try {
    const text = utf8.decode(line);
    const value: unknown = JSON.parse(text);
    return writtenKeys(text) === keptKeys(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Of JSON text: outside of strings a colon stands behind keys only (RFC 8259). */
function writtenKeys(text: string): number {
  let keys = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === quote) inString = !inString;
    else if (unit === colon && !inString) keys += 1;
    else if (unit === backslash) at += 1;
  }
  return keys;
}

function keptKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const parts: readonly unknown[] = Object.values(value);
  let keys = Array.isArray(value) ? 0 : parts.length;
  for (const part of parts) keys += keptKeys(part);
  return keys;
}
