/** A passage as a collection holds it, once every value of it has been looked at: anybody may have written them. */
import { Buffer } from 'node:buffer';

export interface Passage {
  /** The Sherin ID of the file's version. */
  readonly id: string;
  /** Where in the vault the file was. */
  readonly path: string;
  /** Bytes of the file from, inclusive, to, exclusive; of what it unpacks to where `encoding` is gzip. */
  readonly from: number;
  readonly to: number;
  readonly encoding: 'plain' | 'gzip';
  readonly charset: 'utf-8' | 'iso-8859-1';
  readonly text: string;
  /** How well the words of the question fit, by BM25: more is better. */
  readonly score: number;
  /** How many passages its text has. */
  readonly siblings: number;
}

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, unknown>>;

const longestPath = 4_096;
/** Bytes: more than any passage has that sherinctl cuts. */
const longestText = 4_096;
const sherinId = /^[A-Z][A-Z0-9-]{0,15}_\d{8}_[0-9a-f]{32}$/;

/** Null: no passage that sherinctl has written. */
export function passageOf(row: Row): Passage | null {
  const { id, path, encoding, charset, from, to, text, score, siblings } = row;
  if (typeof id !== 'string' || !sherinId.test(id)) return null;
  if (typeof path !== 'string' || path.length > longestPath) return null;
  if (encoding !== 'plain' && encoding !== 'gzip') return null;
  if (charset !== 'utf-8' && charset !== 'iso-8859-1') return null;
  if (!isCount(from) || !isCount(to) || !isCount(siblings) || typeof score !== 'number') return null;
  if (typeof text !== 'string' || text.length > longestText) return null;
  const bytes = Buffer.byteLength(text, charset === 'utf-8' ? 'utf8' : 'latin1');
  if (siblings === 0 || to - from !== bytes) return null;
  return { id, path, from, to, encoding, charset, text, score, siblings };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
