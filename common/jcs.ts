/** JSON in the canonical form of RFC 8785: what is signed or hashed is stored byte-exact. */
import canonicalize from 'canonicalize';

export function jcs(value: unknown): string {
  const text = scalarText(value) ?? plainText(value, 0) ?? library(value);
  if (text === undefined) throw new TypeError('value has no JSON form');
  return text;
}

const loneSurrogate = /\p{Surrogate}/u;

const library = canonicalize as unknown as (value: unknown) => string | undefined;

/** Undefined for what is none, and what has no canonical form: the library tells why. */
function scalarText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return loneSurrogate.test(value) ? undefined : JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : undefined;
    case 'boolean':
      return String(value);
    default:
      return value === null ? 'null' : undefined;
  }
}

/** Plain objects within one another that are written here. */
const deepest = 4;

/** Of a plain object that holds scalars and such objects, as records, heads and notes are; undefined for any other value. */
function plainText(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return undefined;
  if (depth === deepest) return undefined;
  let text = '';
  for (const [name, member] of Object.entries(value).sort(byName)) {
    const [key, content] = [scalarText(name), scalarText(member) ?? plainText(member, depth + 1)];
    if (key === undefined || content === undefined) return undefined;
    text += `${text === '' ? '' : ','}${key}:${content}`;
  }
  return `{${text}}`;
}

/** By UTF-16 code units. */
function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
