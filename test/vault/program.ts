/** A Python program at work on the mount, asked line by line: it reads a line of its input and answers with one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

export class Program {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #said = '';

  constructor(script: string, args: readonly string[]) {
    const child = spawn('python3', ['-u', '-c', script, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    child.stderr.on('data', (data: Buffer) => {
      this.#said += data.toString();
    });
    // A program that has ended takes no more questions; its next answer says so.
    child.stdin.on('error', () => undefined);
    this.#reader = createInterface({ input: child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Its next line. @throws Error when it has ended */
  async answer(): Promise<string> {
    const { done, value } = await this.#lines.next();
    if (done === true) throw new Error(`the program ended: ${this.#said}`);
    return value;
  }

  /** Asks and waits for the answer. */
  ask(question = ''): Promise<string> {
    this.#child.stdin?.write(`${question}\n`);
    return this.answer();
  }

  /** Ends its input and waits for its exit; resolves to the exit code. */
  async end(): Promise<number | null> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.stdin?.end();
    const code = await ended;
    this.#reader.close();
    return code;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
