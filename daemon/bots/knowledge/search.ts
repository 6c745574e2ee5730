/** What one collection has for the words of a question. */
import type Database from 'better-sqlite3-multiple-ciphers';
import { type Passage, passageOf, type Row } from './passage.js';
import { queryOf } from './question.js';
import { rank } from './rank.js';

/** What a word counts in the path, in the title and in the text of a passage. */
const weights = '2.0, 1.0, 1.0';
/** Passages that are looked at. */
const most = 300;

/** The best passage of each text, the best one first. @throws SqliteError where the file is damaged */
export function search(db: Database.Database, words: readonly string[]): Passage[] {
  const rows = db
    .prepare(
      `SELECT o.id, o.path, o.encoding, o.charset, o.last - o.first + 1 AS siblings,
              p.start AS "from", p.end AS "to", p.text, -p.rank AS score
       FROM passage p JOIN object o ON o.id = p.object
       WHERE passage MATCH ? AND p.rank MATCH 'bm25(${weights})' ORDER BY p.rank LIMIT ${most}`,
    )
    .all(queryOf(words)) as Row[];
  const found = rows.map(passageOf).filter((passage) => passage !== null);
  return rank(found, words);
}
