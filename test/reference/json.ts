/** JSON in the canonical form of RFC 8785 (JCS), and its strict reader. */
import { malformed, must } from './refused.js';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** RFC 8785 section 3.2: ECMAScript's own primitives, members sorted by UTF-16 code units, no white space. */
export function jcs(value: Json): string {
  if (typeof value === 'string') must(!/\p{Surrogate}/u.test(value), 'a lone surrogate in text');
  if (typeof value === 'number') must(Number.isFinite(value), 'a number JSON has no form for');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(jcs).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((name) => `${jcs(name)}:${jcs(value[name] ?? null)}`);
  return `{${members.join(',')}}`;
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}

/** Parses one JCS object; anything that is not byte for byte its canonical form is refused. @throws Refused malformed */
export function parseJcs(bytes: Uint8Array): JsonObject {
  let text: string;
  let value: Json;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text) as Json;
  } catch {
    throw malformed('not JSON');
  }
  const object = asObject(value, 'the text');
  must(jcs(object) === text, 'JSON is not in canonical form');
  return object;
}

export function asObject(value: Json | undefined, name: string): JsonObject {
  must(value !== null && typeof value === 'object' && !isList(value), `${name} is not an object`);
  return value;
}

export function asList(value: Json | undefined, name: string): readonly Json[] {
  must(value !== null && typeof value === 'object' && isList(value), `${name} is not a list`);
  return value;
}

export function asText(value: Json | undefined, name: string): string {
  must(typeof value === 'string', `${name} is not a text`);
  return value;
}

/** A whole number between `least` and `most`. */
export function asWhole(value: Json | undefined, name: string, least: number, most: number): number {
  must(typeof value === 'number' && Number.isInteger(value), `${name} is not a whole number`);
  must(value >= least && value <= most, `${name} is not within ${least}…${most}`);
  return value;
}

export function asBoolean(value: Json | undefined, name: string): boolean {
  must(typeof value === 'boolean', `${name} is not true or false`);
  return value;
}

/** The object has exactly these members. */
export function hasMembers(object: JsonObject, names: readonly string[], name: string): void {
  must(
    Object.keys(object).sort().join() === [...names].sort().join(),
    `${name} has the members ${Object.keys(object).sort().join()}`,
  );
}

export function without(object: JsonObject, member: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== member));
}
