/** What a command prints: results on stdout, notes on stderr, names safe for a terminal, or JSON. */
import { writeSync } from 'node:fs';
import { textToBytes } from '../../common/names.js';
import { escapeForTerminal, jsonText } from './escape.js';

export class Output {
  /** One JSON value on stdout instead of text. */
  readonly json: boolean;
  readonly #terminal = process.stdout.isTTY === true;

  constructor(json: boolean) {
    this.json = json;
  }

  /** A name as it may be shown: escaped on a terminal, its own bytes into a pipe or file. */
  name(text: string): string {
    return this.#terminal ? escapeForTerminal(text) : text;
  }

  /** One line of text on stdout; names in it went through {@link name}. */
  line(text = ''): void {
    process.stdout.write(textToBytes(`${text}\n`));
  }

  /** The result of a command: `value` as one line of JSON, or what `human` prints. */
  result(value: unknown, human: () => void): void {
    if (this.json) this.line(jsonText(value));
    else human();
  }

  /** One JSON value of a stream of them (`--json` with output of unknown length). */
  record(value: unknown): void {
    this.line(jsonText(value));
  }

  /** Bytes as they are; waits while stdout is full. */
  async bytes(data: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(data, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** A remark on stderr: one line, escaped, not part of the result. */
  note(text: string): void {
    writeSync(2, `sherinctl: ${escapeForTerminal(text)}\n`);
  }
}
