/**
 * Globs over paths of the tree. `*` stands for any characters of one name, `?` for one of them, `\` before a character for that
 * character; `**` as a whole name for any number of names, none included, so that `a/**` is `a` and everything below it. Dots are
 * characters like others. No regular expression: of several stars only the last one is ever tried again, so matching takes at
 * most about as many steps as the path's length times the pattern's, whatever names somebody chooses.
 */

/** What is read of a text: UTF-16 units. */
export interface Units {
  readonly length: number;
  charCodeAt(at: number): number;
}

const star = -1;
const one = -2;

/** Any number of names. */
const names = '**';
/** A name: itself, what stands before and after its only star, or UTF-16 units with {@link star} and {@link one} among them. */
type Part = string | { readonly before: string; readonly after: string } | readonly number[];

export interface Glob {
  readonly parts: readonly (Part | typeof names)[];
  /** Place of the last {@link names} in them, −1 for none. */
  readonly last: number;
}

/** Why a text is no glob, or null. */
export function globFault(text: string): string | null {
  if (/(?:^|[^\\])(?:\\\\)*\\(?:\/|$)/.test(text)) return 'a backslash has nothing behind it';
  const parts = text.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    return 'a pattern has names between single slashes, none at its ends, and no . or ..';
  }
  if (parts.some((part) => part !== names && part.includes(names))) return '** stands for whole names';
  return null;
}

/** The text must be one that {@link globFault} has nothing against. */
export function compileGlob(text: string): Glob {
  const parts = text.split('/').map((part) => (part === names ? names : compilePart(part)));
  return { parts, last: parts.lastIndexOf(names) };
}

/** Whether the names of a path match. */
export function matchesGlob({ parts, last }: Glob, path: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  let retryPart = -1;
  let retryAt = 0;
  while (at < path.length || part < parts.length) {
    const pattern = parts[part];
    const name = path[at];
    if (pattern === names && part === last) {
      // What is left can only be the path's last names.
      const rest = path.length - (parts.length - ++part);
      if (rest < at) return false;
      at = rest;
      retryPart = -1;
    } else if (pattern === names) {
      retryPart = ++part;
      retryAt = at;
    } else if (pattern !== undefined && name !== undefined && matchesPart(pattern, name)) {
      part++;
      at++;
    } else if (retryPart >= 0 && retryAt < path.length) {
      part = retryPart;
      at = ++retryAt;
    } else return false;
  }
  return true;
}

/** Whether something at a path, or below it, can match. */
export function reachesGlob({ parts }: Glob, path: readonly string[]): boolean {
  for (const [at, name] of path.entries()) {
    const pattern = parts[at];
    if (pattern === names) return true;
    if (pattern === undefined || !matchesPart(pattern, name)) return false;
  }
  return true;
}

function compilePart(part: string): Part {
  if (!/[*?\\]/.test(part)) return part;
  const units: number[] = [];
  for (let at = 0; at < part.length; at++) {
    const character = part.charAt(at);
    if (character === '*') units.push(star);
    else if (character === '?') units.push(one);
    else units.push(part.charCodeAt(character === '\\' ? ++at : at));
  }
  const special = units.findIndex((unit) => unit < 0);
  if (special < 0) return String.fromCharCode(...units);
  const [before, after] = [units.slice(0, special), units.slice(special + 1)];
  // Half a character is left to the walk below: what ends with it need not end with the character.
  if (units[special] === one || after.some((unit) => unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff)))
    return units;
  return { before: String.fromCharCode(...before), after: String.fromCharCode(...after) };
}

function matchesPart(pattern: Part, name: string): boolean {
  if (typeof pattern === 'string') return pattern === name;
  if (!('before' in pattern)) return matchesUnits(pattern, name);
  const { before, after } = pattern;
  return name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after);
}

/** Whether one name matches one part of a pattern. */
export function matchesUnits(pattern: readonly number[], name: Units): boolean {
  let unit = 0;
  let at = 0;
  let retryUnit = -1;
  let retryAt = 0;
  while (at < name.length || unit < pattern.length) {
    const wanted = pattern[unit];
    if (wanted === star) {
      retryUnit = ++unit;
      retryAt = at;
    } else if (wanted === one && at < name.length) {
      unit++;
      at += characterLength(name, at);
    } else if (wanted !== undefined && at < name.length && wanted === name.charCodeAt(at)) {
      unit++;
      at++;
    } else if (retryUnit >= 0 && retryAt < name.length) {
      retryAt += characterLength(name, retryAt);
      unit = retryUnit;
      at = retryAt;
    } else return false;
  }
  return true;
}

/** 2 for a surrogate pair: a name's bytes that are not UTF-8 are lone low surrogates (`common/names.ts`). */
function characterLength(text: Units, at: number): 1 | 2 {
  const unit = text.charCodeAt(at);
  if (unit < 0xd800 || unit > 0xdbff || at + 1 >= text.length) return 1;
  const next = text.charCodeAt(at + 1);
  return next >= 0xdc00 && next <= 0xdfff ? 2 : 1;
}
