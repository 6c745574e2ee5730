/** What fits into one answer of the control socket. */
import { longestText } from '../../daemon/protocol/control.js';
import { messageLimit } from '../../native/ipc.js';

/** Bytes that the lists of an answer have together; the rest is for what stands beside and around them. */
const listBytes = messageLimit - 16 * 1024;
/** Bytes of the paths of one thing in a list: the longest that is told, each unit of it an escape of six bytes. */
const pathsBytes = 6 * longestText + 16;

/** Room for the lists of one answer. */
export class AnswerSpace {
  #left: number;

  /** @param bytes all of it */
  constructor(bytes = listBytes) {
    this.#left = bytes;
  }

  /** Gives a value its room; false, and no room, where there is not so much left. */
  takes(value: unknown): boolean {
    // With the comma behind it.
    const bytes = Buffer.byteLength(JSON.stringify(value)) + 1;
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}

/**
 * A page of a list: the first of what is left of it, as many as fit and one at least, and whether others follow.
 * @param parts all that an answer has of an item
 */
export function pageOf<T>(
  items: Iterable<T>,
  parts: (item: T) => readonly unknown[] = (item) => [item],
): { readonly page: T[]; readonly more: boolean } {
  const space = new AnswerSpace();
  const page: T[] = [];
  for (const item of items) {
    const fits = parts(item).every((part) => space.takes(part));
    if (!fits && page.length > 0) return { page, more: true };
    page.push(item);
  }
  return { page, more: false };
}

/** The first paths of a thing in a list, as many as fit; one that is longer than any message may have is not told. */
export function toldPaths(paths: Iterable<string>): string[] {
  const space = new AnswerSpace(pathsBytes);
  return [...paths].filter((path) => path.length <= longestText && space.takes(path));
}
