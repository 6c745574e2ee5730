/** From passages that have words of a question to texts that answer it: the best passage of each text, in their order. */
import type { Passage } from './passage.js';
import { tokensOf } from './question.js';

/** What a text loses for each e-fold of its passages: of a long one some passage has the words by chance. */
const lengthLoss = 0.07;
/** What the second-best passage of a text counts, the third a quarter of that, and so on. */
const secondWeight = 0.2;

/** @param found the passages that fit best, of any text, in any order */
export function rank(found: readonly Passage[], words: readonly string[]): Passage[] {
  const ranked = [...byText(found).values()].map((passages) => ranking(passages, words));
  ranked.sort((a, b) => b.score - a.score);
  const seen = new Set<string>();
  // The same words in two files, such as a licence, answer a question once.
  return ranked.filter(({ text }) => !seen.has(text) && seen.add(text));
}

function byText(found: readonly Passage[]): Map<string, Passage[]> {
  const texts = new Map<string, Passage[]>();
  for (const passage of found) {
    const known = texts.get(passage.id);
    if (known === undefined) texts.set(passage.id, [passage]);
    else known.push(passage);
  }
  return texts;
}

/** The best of a text's passages, with what the text is worth. */
function ranking(passages: readonly Passage[], words: readonly string[]): Passage {
  const sorted = [...passages].sort((a, b) => b.score - a.score);
  const [best] = sorted;
  if (best === undefined) throw new RangeError('a text has a passage');
  const sum = sorted.reduce(
    (total, { score }, at) => total + (at === 0 ? score : (score * secondWeight) / at ** 2),
    0,
  );
  const length = Math.max(0.1, 1 - lengthLoss * Math.log(best.siblings));
  return { ...best, score: sum * length * covered(passages, words) };
}

/** Which part of the words the passages found of a text have, or its path. */
function covered(passages: readonly Passage[], words: readonly string[]): number {
  const tokens = new Set(passages.flatMap(({ path, text }) => [...tokensOf(path), ...tokensOf(text)]));
  const all = [...tokens];
  const there = words.filter((word) => {
    const begin = beginOf(word);
    return all.some((token) => token.startsWith(begin));
  });
  return there.length / words.length;
}

/** A word without what its other forms may end in: `configure` is in `configuration`. */
function beginOf(word: string): string {
  return word.slice(0, Math.max(4, word.length - 3));
}
