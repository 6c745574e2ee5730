/** Programs that use the mount as any other directory: system calls from processes of their own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Ran {
  readonly out: Buffer;
  readonly said: string;
  readonly code: number | string | null;
}

/** Runs a program to its end; its failure is a result. */
export function run(program: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 } as const;
    execFile(program, [...args], options, (error, out, said) => {
      const code = error === null ? 0 : (error.signal ?? error.code ?? null);
      resolve({ out, said: said.toString(), code });
    });
  });
}

const prelude = `
import ctypes, errno, json, mmap, os, signal, socket, stat, sys
def attempt(call, *args):
    try:
        call(*args)
        return 'done'
    except OSError as error:
        return errno.errorcode[error.errno]
`;

/** Runs a script with arguments in \`sys.argv[1:]\` and gives the JSON it prints. */
export async function python(script: string, ...args: readonly string[]): Promise<unknown> {
  const { out, said, code } = await run('python3', ['-c', prelude + script, ...args]);
  if (code !== 0) throw new Error(`python ended with ${code}: ${said}`);
  return JSON.parse(out.toString());
}

/** A script that goes on step by step: it prints JSON lines and reads a line before each further step. */
export class Steps {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(script: string, ...args: readonly string[]) {
    const head = `${prelude}
def step(value):
    print(json.dumps(value), flush=True)
    sys.stdin.readline()
`;
    this.#process = spawn('python3', ['-c', head + script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#process.stdout === null) throw new Error('no output');
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** The value of the next step. */
  async next(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the script ended');
    return JSON.parse(value);
  }

  /** Lets the script go on to its next step. */
  async go(): Promise<unknown> {
    this.#process.stdin?.write('\n');
    return this.next();
  }

  end(): void {
    this.#process.kill('SIGKILL');
  }
}

export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
