/** A text cut into passages of some hundred bytes: at the end of a paragraph, else of a line, else of a word. */
import type { Text } from './text.js';

export interface Passage {
  /** Bytes of the text: from, inclusive, and to, exclusive. */
  readonly from: number;
  readonly to: number;
  /** What stands there, no more and no less. */
  readonly text: string;
}

/** Bytes: a passage ends at the first paragraph's end behind the first, and before the last in any case. */
const enough = 400;
const most = 1_200;

const [lf, space] = [0x0a, 0x20];

/** All of the text but the white space between passages. */
export function passagesOf({ bytes, charset }: Pick<Text, 'bytes' | 'charset'>): Passage[] {
  const passages: Passage[] = [];
  const encoding = charset === 'utf-8' ? 'utf8' : 'latin1';
  for (let from = skipWhite(bytes, 0); from < bytes.length; ) {
    const cut = endOf(bytes, from, charset);
    const to = dropWhite(bytes, from, cut);
    passages.push({ from, to, text: bytes.toString(encoding, from, to) });
    from = skipWhite(bytes, cut);
  }
  return passages;
}

function endOf(bytes: Buffer, from: number, charset: Text['charset']): number {
  const last = from + most;
  const paragraph = paragraphEnd(bytes, from + enough, last);
  if (paragraph !== null) return paragraph;
  if (last >= bytes.length) return bytes.length;
  for (const border of [lf, space]) {
    const at = bytes.lastIndexOf(border, last);
    if (at >= from + enough) return at;
  }
  return charset === 'utf-8' ? characterStart(bytes, last) : last;
}

/** Where the first empty line behind `from` begins. */
function paragraphEnd(bytes: Buffer, from: number, last: number): number | null {
  for (let at = bytes.indexOf(lf, from); at >= 0 && at <= last; at = bytes.indexOf(lf, at + 1)) {
    const next = skipBlanks(bytes, at + 1);
    if (bytes[next] === lf) return at;
  }
  return null;
}

/** Blanks and carriage returns within a line. */
function skipBlanks(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === space || bytes[at] === 0x09 || bytes[at] === 0x0d) at++;
  return at;
}

function isWhite(byte: number | undefined): boolean {
  return byte === space || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

function skipWhite(bytes: Buffer, from: number): number {
  let at = from;
  while (isWhite(bytes[at])) at++;
  return at;
}

function dropWhite(bytes: Buffer, from: number, to: number): number {
  let at = to;
  while (at > from && isWhite(bytes[at - 1])) at--;
  return at;
}

/** The last place up to `at` where a UTF-8 sequence begins. */
function characterStart(bytes: Buffer, at: number): number {
  let start = at;
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start--;
  return start;
}
