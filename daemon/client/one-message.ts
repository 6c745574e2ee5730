import { SherinError } from '../../common/errors.js';
import { mostEntries } from '../protocol/engine.js';

interface Waiting<Entry, Answer> {
  readonly entry: Entry;
  readonly bytes: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Of the entries of one message; below what a message holds (native/ipc.ts) by what is around them. */
const mostBytes = 96 * 1024;

export interface OneMessageParts<Entry, Answer> {
  /** Resolves with an answer for each, in their order. */
  readonly send: (entries: Entry[]) => Promise<readonly Answer[]>;
  /** How long an entry is in JSON, at the most. */
  readonly bytesOf: (entry: Entry) => number;
}

/** What comes in one turn of the event loop goes to sherin-fs in one message, in its order. Each is waited for. */
export class OneMessage<Entry, Answer> {
  readonly #parts: OneMessageParts<Entry, Answer>;
  #waiting: Waiting<Entry, Answer>[] = [];

  constructor(parts: OneMessageParts<Entry, Answer>) {
    this.#parts = parts;
  }

  /** The answer to an entry. @throws what `send` throws, for all that went together */
  ask(entry: Entry): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, bytes: this.#parts.bytesOf(entry), resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    let together: Waiting<Entry, Answer>[] = [];
    let bytes = 0;
    for (const one of waiting) {
      if (together.length === mostEntries || (together.length > 0 && bytes + one.bytes > mostBytes)) {
        void this.#send(together);
        [together, bytes] = [[], 0];
      }
      together.push(one);
      bytes += one.bytes;
    }
    void this.#send(together);
  }

  async #send(together: readonly Waiting<Entry, Answer>[]): Promise<void> {
    try {
      const answers = await this.#parts.send(together.map(({ entry }) => entry));
      if (answers.length !== together.length)
        throw new SherinError('PROTOCOL', {
          part: `${answers.length} answers to ${together.length} entries`,
        });
      for (const [at, { resolve }] of together.entries()) resolve(answers[at] as Answer);
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }
}
