/** Every statement on the tables of patterns; figures are those of pattern.ts, as the partial indexes want them: in the text. */
import { confidence, promotion, pruning } from './pattern.js';

const columns = 'key, owner, result, stage, confidence, uses, learnedAt, usedAt';
const ripe = `stage = 'immediate' AND confidence >= ${promotion.confidence} AND uses >= ${promotion.uses}`;
const weak = `confidence < ${pruning.confidence} AND uses < ${pruning.uses}`;
const stages = `CASE stage WHEN 'pattern' THEN 0 WHEN 'immediate' THEN 1 ELSE 2 END`;

export const patternSql = {
  get: `SELECT ${columns} FROM patterns WHERE key = ? AND owner = ?`,
  // the asker's own first
  candidates: `SELECT ${columns} FROM patterns WHERE key = ? AND confidence >= ${confidence.toAnswer}
    ORDER BY owner = ? DESC, ${stages}, confidence DESC, owner LIMIT +?`,
  use: `UPDATE patterns SET uses = uses + @uses, usedAt = max(usedAt, @now), stage = CASE stage WHEN 'archive' THEN 'immediate' ELSE stage END
    WHERE key = @key AND owner = @owner AND result = @result AND confidence >= ${confidence.toAnswer}`,
  learn: `INSERT OR REPLACE INTO patterns (${columns}) VALUES (?, ?, ?, 'immediate', ${confidence.start}, 0, ?, ?)`,
  learnAgain:
    'UPDATE patterns SET result = @result, usedAt = max(usedAt, @now) WHERE key = @key AND owner = @owner',
  measure: `UPDATE patterns SET confidence = max(0, min(100, confidence + ?)) WHERE key = ? AND owner = ? AND result = ?`,

  ripe: `SELECT ${columns} FROM patterns INDEXED BY patterns_ripe WHERE ${ripe} AND (key, owner) > (?, ?) ORDER BY key, owner LIMIT +?`,
  promote: `UPDATE patterns SET stage = 'pattern' WHERE key = ? AND owner = ? AND ${ripe}`,
  promoteNamed: `UPDATE patterns SET stage = 'pattern' WHERE substr(key, 1, 16) = ? AND owner = ? AND ${ripe}`,
  archive: `UPDATE patterns SET stage = 'archive' WHERE stage IN ('immediate', 'pattern') AND usedAt <= ?`,
  weak: `SELECT key, owner FROM patterns INDEXED BY patterns_weak WHERE ${weak}`,
  remove: 'DELETE FROM patterns WHERE key = ? AND owner = ?',
  crowded:
    'SELECT owner, count(*) AS patterns FROM patterns INDEXED BY patterns_owner GROUP BY owner HAVING count(*) > ?',
  oldest: 'SELECT key, owner FROM patterns WHERE owner = ? AND stage = ? ORDER BY usedAt LIMIT +?',

  tombstone: 'SELECT endsAt FROM tombstones WHERE key = ? AND owner = ?',
  bury: 'INSERT OR REPLACE INTO tombstones (key, owner, endsAt) VALUES (?, ?, ?)',
  dropTombstones: 'DELETE FROM tombstones WHERE endsAt <= ?',
} as const;
