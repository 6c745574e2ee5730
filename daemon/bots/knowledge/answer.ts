/** From a question and collections to the answer, in the process that may touch them. */
import { openCollection } from './open.js';
import type { Passage } from './passage.js';
import { wordsOf } from './question.js';
import { search } from './search.js';

export interface Asked {
  readonly question: string;
  /** Paths of the collections. */
  readonly collections: readonly string[];
}

export const answerErrors = ['no-collection', 'empty-question', 'not-a-collection', 'nothing-found'] as const;
export type Answered = { readonly content: string } | { readonly error: AnswerError };
export type AnswerError = (typeof answerErrors)[number];

/** Passages of an answer. */
const most = 10;

export function answer({ question, collections }: Asked, addon?: object): Answered {
  const words = wordsOf(question);
  if (words.length === 0) return { error: 'empty-question' };
  if (collections.length === 0) return { error: 'no-collection' };
  const lists: Passage[][] = [];
  for (const path of collections) {
    const found = searched(path, words, addon);
    if (found === null) return { error: 'not-a-collection' };
    lists.push(found);
  }
  const passages = merged(lists).slice(0, most);
  if (passages.length === 0) return { error: 'nothing-found' };
  return { content: `${JSON.stringify({ passages: passages.map(shown) }, null, 2)}\n` };
}

/** Null: no collection, or one that is damaged where it was looked into. */
function searched(path: string, words: readonly string[], addon: object | undefined): Passage[] | null {
  const db = openCollection(path, addon);
  if (db === null) return null;
  try {
    return search(db, words);
  } catch {
    return null;
  } finally {
    db.close();
  }
}

/** By rank, the first of each collection first: what a word is worth depends on how many texts of a collection have it. */
function merged(lists: readonly Passage[][]): Passage[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const ranks = Array.from({ length: longest }, (_, at) =>
    lists.flatMap((list) => list[at] ?? []).sort((a, b) => b.score - a.score),
  );
  const seen = new Set<string>();
  return ranks.flat().filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** What is as it mostly is, is left out. */
function shown({ id, path, from, to, encoding, charset, score, text }: Passage) {
  return {
    ...{ id, path, from, to },
    ...(encoding === 'plain' ? {} : { encoding }),
    ...(charset === 'utf-8' ? {} : { charset }),
    score: Math.round(score * 100) / 100,
    text,
  };
}
