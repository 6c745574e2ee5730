/** Changes of JSON by its structure: values, names, order, depth; and spellings that JSON.stringify does not have. */
import type { Random } from './random.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const odd: readonly Json[] = [
  ...[null, true, false, '', [], {}, -1, 0, 1, 1.5, 255, 256, 2 ** 31, 2 ** 32, 2 ** 53, 1e308],
  ...[
    '__proto__',
    'constructor',
    '/',
    '..',
    '\0',
    '\n',
    '\ud800',
    'é',
    '-',
    '0',
    '1e9',
    'a'.repeat(300),
    'A'.repeat(44),
  ],
];
/** As they can not be written otherwise. */
const literals = [
  '1e999',
  '-0',
  '1.0',
  '9007199254740993',
  '"\\u0061"',
  '"\\ud800"',
  '{"__proto__":1}',
  ' 1',
  'NaN',
];
const mark = '"\u2620"';

/** Null where the text is no JSON. */
export function mutateJson(text: string, other: string, random: Random): string | null {
  const value = parsed(text);
  if (value === undefined) return null;
  if (random.once(40)) return `${'['.repeat(1 + random.below(3000))}${text}`;
  let changed: Json = value;
  for (let changes = 1 + random.below(3); changes > 0; changes--)
    changed = change(changed, parsed(other) ?? null, random);
  if (!random.once(8)) return JSON.stringify(changed);
  const place = pick(changed, random);
  const marked = JSON.stringify(replaced(changed, place, '\u2620'));
  return marked.replace(mark, () => random.of(literals));
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

type Place = readonly (string | number)[];

/** Where a value stands, by chance, from the top down. */
function pick(value: Json, random: Random): Place {
  const place: (string | number)[] = [];
  for (let at = value; typeof at === 'object' && at !== null; ) {
    const names = Array.isArray(at) ? [...at.keys()] : Object.keys(at);
    if (names.length === 0 || (place.length > 0 && random.once(4))) break;
    const name: string | number = random.of<string | number>(names);
    place.push(name);
    at = (at as Record<string | number, Json>)[name] ?? null;
  }
  return place;
}

function valueAt(value: Json, place: Place): Json {
  let at: Json = value;
  for (const name of place) at = (at as Record<string | number, Json>)[name] ?? null;
  return at;
}

function change(value: Json, other: Json, random: Random): Json {
  const place = pick(value, random);
  const here = valueAt(value, place);
  switch (random.below(9)) {
    case 0:
      return replaced(value, place, random.of(odd));
    case 1:
      return replaced(value, place, valueAt(other, pick(other, random)));
    case 2:
      return replaced(value, place, valueAt(value, pick(value, random)));
    case 3:
      return replaced(value, place, undefined);
    case 4:
      return replaced(value, place, [here]);
    case 5:
      return typeof here === 'number'
        ? replaced(value, place, here + random.of([-1, 1, 0.5, 2 ** 32]))
        : value;
    case 6:
      return typeof here === 'string' ? replaced(value, place, otherText(here, random)) : value;
    case 7:
      return Array.isArray(here) ? replaced(value, place, here.concat(here)) : value;
    default:
      return renamed(value, place, random);
  }
}

function otherText(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const [before, behind] = [text.slice(0, at), text.slice(at)];
  const letter = random.of([...'0aAzZ9/+=_-. \n"\\*?é\0', String.fromCharCode(random.below(0x1_0000))]);
  return random.of([
    before + letter + behind,
    before + letter + behind.slice(1),
    before + behind.slice(1),
    before,
    text + text,
  ]);
}

/** Another name for a member, one that is there, perhaps. */
function renamed(value: Json, place: Place, random: Random): Json {
  const last = place.at(-1);
  if (typeof last !== 'string') return value;
  const above = place.slice(0, -1);
  const holder = valueAt(value, above) as { [name: string]: Json };
  const name = random.of([...Object.keys(holder), `${last}x`, last.toUpperCase(), '__proto__', '']);
  const entries = Object.entries(holder).map(([key, held]): [string, Json] => [
    key === last ? name : key,
    held,
  ]);
  return replaced(value, above, Object.fromEntries(entries));
}

/** A copy with another value in a place; without it where there is none. */
function replaced(value: Json, place: Place, what: Json | undefined): Json {
  const [name, ...rest] = place;
  if (name === undefined) return what ?? null;
  if (Array.isArray(value)) {
    if (rest.length === 0 && what === undefined) return value.toSpliced(Number(name), 1);
    return value.with(Number(name), replaced(value[Number(name)] ?? null, rest, what));
  }
  const { [name]: here, ...others } = value as { [name: string]: Json };
  if (rest.length === 0 && what === undefined) return others;
  return Object.fromEntries([
    ...Object.entries(value as object),
    [name, replaced(here ?? null, rest, what)],
  ]) as Json;
}
