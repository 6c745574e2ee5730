const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** A string of JSON text, and whether it is a key: outside of strings a colon stands behind keys only (RFC 8259). */
const strings = /"(?:[^"\\]|\\.)*"[ \t\r\n]*(:?)/g;

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

function writtenKeys(text: string): number {
  let keys = 0;
  for (const [, colon] of text.matchAll(strings)) if (colon === ':') keys += 1;
  return keys;
}

function keptKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce<number>((keys, part) => keys + keptKeys(part), own);
}
