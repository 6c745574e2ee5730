/** What is fuzzed: a parser of something that others may have written, and what has to hold of whatever it is given. */
import { SherinError } from '../../common/errors.js';
import { noteRefusal } from './refusals.js';

export interface Harness {
  /** Inputs that are well-formed; mutation begins with them. */
  readonly seeds: readonly Uint8Array[];
  /** Throws where the parser has done anything but answer or refuse, or where what it read is not what it would write. */
  run(input: Buffer): void | Promise<void>;
  end?(): void | Promise<void>;
}

export interface Target {
  readonly name: string;
  /** How inputs are best changed: as JSON, as lines of it, or as bytes. */
  readonly form: 'json' | 'lines' | 'bytes';
  begin(): Harness | Promise<Harness>;
}

type Kind = abstract new (...args: never[]) => Error;

/** The value that a parser gives; undefined where it refuses, by an error of the table or of a kind that its caller turns into one. */
export function answer<T>(parse: () => T, ...refusals: readonly Kind[]): T | undefined {
  try {
    return parse();
  } catch (error) {
    return refusal(error, refusals);
  }
}

/** The same for one that takes its time. */
export async function answerOf<T>(
  parse: () => Promise<T>,
  ...refusals: readonly Kind[]
): Promise<T | undefined> {
  try {
    return await parse();
  } catch (error) {
    return refusal(error, refusals);
  }
}

function refusal(error: unknown, refusals: readonly Kind[]): undefined {
  const refused = [SherinError, ...refusals].some((kind) => error instanceof kind);
  if (!refused || !(error instanceof Error)) throw error;
  // Of an error of the table the sentence without what it is about.
  noteRefusal(error instanceof SherinError ? `${error.code} ${error.context.part ?? ''}` : error.message);
  return undefined;
}

/** @throws Error where what was read would be written as something else */
export function same(written: Uint8Array, read: Uint8Array, what: string): void {
  if (!Buffer.from(written).equals(read))
    throw new Error(`${what} is read from ${read.length} bytes, and written as other ones`);
}
