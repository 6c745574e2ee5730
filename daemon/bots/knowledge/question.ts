/** The words of a question, and the query of FTS5 that looks for them: nothing else of a question reaches SQLite. */
import { stopWords } from './stop-words.js';

/** Words of a question that are looked for, and characters of the longest. */
const most = 24;
const longest = 64;

/** In their order, each once. A question of nothing but stop words is looked for as it is. */
export function wordsOf(question: string): readonly string[] {
  const words = [...new Set(tokensOf(question))].filter((word) => word.length <= longest);
  const telling = words.filter((word) => !stopWords.has(word));
  return (telling.length > 0 ? telling : words).slice(0, most);
}

/** Letters and digits only, so that none of them can be anything else in a query. */
export function tokensOf(text: string): readonly string[] {
  return (
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

/** Any of the words: a person seldom uses all of those that the text has. Each is a string, which FTS5 stems as it stemmed the texts. */
export function queryOf(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(' OR ');
}
