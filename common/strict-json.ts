/** JSON that is signed, proves something or names a key: one text for one meaning (RFC 8785), and small. */
import { jcs } from './jcs.js';

/** A text is not the canonical JSON of an object within its bounds; `message` says in which way. */
export class NotCanonical extends Error {}

/** Of the documents here none nests deeper. */
const deepest = 16;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses the canonical JSON of an object; one line feed may end it. Members that are there twice, other spaces, another order and
 * other spellings of a number or a text are not canonical. @throws NotCanonical
 */
export function parseCanonical(bytes: Uint8Array, most: number): Record<string, unknown> {
  if (bytes.length > most) throw new NotCanonical(`it is longer than ${most} bytes`);
  const text = textOf(bytes);
  if (nesting(text) > deepest) throw new NotCanonical(`it nests deeper than ${deepest}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NotCanonical('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new NotCanonical('it is no object');
  if (canonicalText(value) !== text) throw new NotCanonical('it is not in canonical form (RFC 8785)');
  return value as Record<string, unknown>;
}

function textOf(bytes: Uint8Array): string {
  try {
    const text = decoder.decode(bytes);
    return text.endsWith('\n') ? text.slice(0, -1) : text;
  } catch {
    throw new NotCanonical('it is not UTF-8');
  }
}

/** Null where it has none: a text with half of a surrogate pair in it. */
export function canonicalText(value: object): string | null {
  try {
    return jcs(value);
  } catch {
    return null;
  }
}

/** How deep brackets nest outside of texts; before anything recursive sees them. */
function nesting(text: string): number {
  let [depth, deepestSeen, inText] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inText) {
      if (character === '\\') at += 1;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === '[' || character === '{') deepestSeen = Math.max(deepestSeen, ++depth);
    else if (character === ']' || character === '}') depth -= 1;
  }
  return deepestSeen;
}
