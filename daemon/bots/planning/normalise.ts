/** A request's text as words that rules can look for: equal for texts that differ in case, marks, spacing and plural only. */
import { shapes } from './shapes.js';

/** UTF-16 units that are looked at; what kind of work is wanted stands at the beginning. */
const longest = 65_536;

/** Words of a text, each between spaces, and before them a `#name` for each shape that it has. */
export function normalise(text: string): string {
  const start = text.slice(0, longest).normalize('NFKC');
  const seen = shapes.filter(({ pattern }) => pattern.test(start)).map(({ name }) => `#${name}`);
  return ` ${[...seen, ...wordsOf(start)].join(' ')} `;
}

/** What a rule names, in the form of {@link normalise}: a `#name`, or words. */
export function normalisePhrase(phrase: string): string {
  return ` ${phrase.startsWith('#') ? phrase : wordsOf(phrase).join(' ')} `;
}

function wordsOf(text: string): string[] {
  const plain = text.toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replace(/[’']/g, '');
  // `c++` and `c#` are names of languages.
  return (plain.match(/\p{L}[\p{L}\p{N}]*(?:\+\+|#)?|\p{N}+/gu) ?? []).map(singular);
}

/** Enough for plurals in -s; it need not be a word, only the same for both. */
function singular(word: string): string {
  return word.length > 3 && /[^sui]s$/.test(word) ? word.slice(0, -1) : word;
}
