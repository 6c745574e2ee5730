/** JSON in the canonical form of RFC 8785: what is signed or hashed is stored byte-exact. */
import canonicalize from 'canonicalize';

export function jcs(value: unknown): string {
  const text = (canonicalize as unknown as (value: unknown) => string | undefined)(value);
  if (text === undefined) throw new TypeError('value has no JSON form');
  return text;
}
