/** What a name of a unit stands for: a row of the table, with or without a prefix. */
import { binaryPrefixes, siPrefixes, unitTable } from './unit-table.js';

export interface Unit {
  /** As it is written in answers. */
  readonly symbol: string;
  readonly factor: string;
  /** A formula; none for what the others are made of. */
  readonly is: string | undefined;
}

const units = new Map<string, Unit>();

/** Whole names are units before prefixes are tried: `min` is no milli-inch, `cd` no centiday. */
function fill(): void {
  for (const { names, is } of unitTable) {
    const [symbol = '', ...others] = names.split(' ');
    for (const name of [symbol, ...others]) units.set(name, { symbol, factor: '1', is });
  }
  for (const { names, prefixes } of unitTable.filter((row) => row.prefixes !== undefined)) {
    const all = { ...siPrefixes, ...(prefixes === 'si and binary' ? binaryPrefixes : {}) };
    for (const name of names.split(' ')) {
      for (const [prefix, factor] of Object.entries(all)) {
        const base = units.get(name);
        // Symbols have prefixes that are symbols, words those that are words.
        const alike = both.has(name) || isWord(prefix) === isWord(name);
        if (base === undefined || !alike || units.has(prefix + name)) continue;
        const symbol = isWord(prefix) ? `${short(factor)}${base.symbol}` : `${prefix}${base.symbol}`;
        units.set(prefix + name, { symbol, factor, is: base.is ?? base.symbol });
      }
    }
  }
}

/** Symbols that are words. */
const both: ReadonlySet<string> = new Set(['mol', 'rad', 'bar', 'cal', 'bit', 'ohm', 'Ohm']);

function isWord(name: string): boolean {
  return name.length > 2;
}

function short(factor: string): string {
  const all = { ...siPrefixes, ...binaryPrefixes };
  return Object.keys(all).find((prefix) => all[prefix] === factor) ?? '';
}

/** Symbols are told by their case, words are not. */
export function unitOf(name: string): Unit | undefined {
  if (units.size === 0) fill();
  return units.get(name) ?? (name.length > 2 ? units.get(name.toLowerCase()) : undefined);
}
