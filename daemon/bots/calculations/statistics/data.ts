/** Numbers as they stand in a question: lists, and tables of columns. */
import { Failure } from '../failure.js';
import { isNumber } from './column.js';

/** Where a list has other separators, too, a comma without a space parts thousands: `1,200 and 1,300`. */
const thousands = /^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;

/** Undefined when a word is no number. */
export function listOf(text: string): readonly string[] | undefined {
  const bare = text.trim().replace(/^[[({]|[\])}]$/g, '');
  const words = bare
    .split(/(?:,\s+and|;|,(?=\s)|\s)+(?:and\s)?\s*|\sand\s/i)
    .filter((word) => word !== '' && word !== 'and');
  const apart =
    words.length > 1
      ? words.flatMap((word) => (thousands.test(word) ? [word.replaceAll(',', '')] : word.split(',')))
      : bare.split(',').map((word) => word.trim());
  const numbers = apart.filter((word) => word !== '');
  return numbers.length > 0 && numbers.every(isNumber) ? numbers : undefined;
}

/** Lists in brackets, or after names: `x: 1, 2, 3; y: 2, 4, 6`. Undefined where there are not at least two. */
export function listsOf(text: string): readonly (readonly string[])[] | undefined {
  const parts = partsOf(text);
  if (parts.length < 2) return undefined;
  const lists = parts.map(listOf);
  return lists.every((list) => list !== undefined) ? lists : undefined;
}

function partsOf(text: string): readonly string[] {
  const bracketed = [...text.matchAll(/[[({]([^[\](){}]*)[\])}]/g)].map(([, inside = '']) => inside);
  if (bracketed.length >= 2) return bracketed;
  const named = text.split(/(?:^|[\s;,]|\band\b)\s*[\p{L}][\p{L}\d _-]{0,30}?\s*[:=]/iu).slice(1);
  if (named.length >= 2) return named.map((part) => part.replace(/[;,\s]*(?:\band\b)?\s*$/i, ''));
  if (/[;|\n]/.test(text)) return text.split(/[;|\n]/).filter((part) => part.trim() !== '');
  return text.split(/\s(?:and|vs\.?|versus|against)\s/i);
}

export interface Table {
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Lines of columns, under a line of their names or without one. Undefined for what is no table; @throws Failure lists-differ */
export function tableOf(lines: readonly string[]): Table | undefined {
  const rows = lines.map((line) => line.trim().split(/\s*[,;\t]\s*|\s+/)).filter(([first]) => first !== '');
  const [head = [], ...rest] = rows;
  if (rows.length < 2 || head.length < 2) return undefined;
  const named = head.every((word) => !isNumber(word));
  const body = named ? rest : rows;
  if (body.some((row) => row.length !== head.length)) throw new Failure('lists-differ');
  return { names: named ? head : head.map((_, index) => `column${index + 1}`), rows: body };
}

/** @throws Failure not-understood for a name that it has not */
export function columnNamed({ names, rows }: Table, name: string): readonly string[] {
  const index = names.findIndex((each) => each.toLowerCase() === name.toLowerCase());
  if (index < 0) throw new Failure('not-understood');
  return rows.map((row) => row[index] ?? '');
}
