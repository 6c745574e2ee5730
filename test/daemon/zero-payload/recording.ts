/** All that a process sends, receives, writes and reads, and how it starts others, as strace(1) sees it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const calls = [
  ...['read', 'write', 'readv', 'writev', 'pread64', 'pwrite64', 'preadv', 'pwritev', 'preadv2', 'pwritev2'],
  ...['sendto', 'recvfrom', 'sendmsg', 'recvmsg', 'sendmmsg', 'recvmmsg', 'execve', 'execveat'],
];
/** More than any message or page of a database has. */
const longest = 1 << 20;

export class Recording {
  readonly #strace: ChildProcess;
  readonly #prefix: string;
  readonly #pid: number;
  /** Threads of the process that were seen. */
  readonly #threads = new Set<string>();

  private constructor(strace: ChildProcess, prefix: string, pid: number) {
    this.#strace = strace;
    this.#prefix = prefix;
    this.#pid = pid;
  }

  /** @param prefix of its files, one for each thread */
  static async of(pid: number, prefix: string): Promise<Recording> {
    const what = ['-s', String(longest), '-xx', '-v', '-e', `trace=${calls.join(',')}`];
    const args = ['-ff', '-qq', '-o', prefix, ...what, '-p', String(pid)];
    const strace = spawn('strace', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const recording = new Recording(strace, prefix, pid);
    while (!recording.#attached()) {
      if (strace.exitCode !== null) throw new Error('strace does not watch the process');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    recording.look();
    return recording;
  }

  /** Notes the threads that there are now: to be called now and then. */
  look(): void {
    for (const thread of readdirSync(`/proc/${this.#pid}/task`)) this.#threads.add(thread);
  }

  /** Lets go of the process. @returns the bytes of each call; of programs that it has started, their arguments and environments only */
  async end(): Promise<Buffer[]> {
    this.look();
    const ended = once(this.#strace, 'close');
    this.#strace.kill('SIGINT');
    await ended;
    const folder = dirname(this.#prefix);
    const files = readdirSync(folder).filter((name) => name.startsWith(`${basename(this.#prefix)}.`));
    return files.flatMap((name) => {
      const own = this.#threads.has(name.slice(name.lastIndexOf('.') + 1));
      const lines = readFileSync(join(folder, name), 'latin1').split('\n');
      return (own ? lines : untilStarted(lines)).map(bytesOf);
    });
  }

  #attached(): boolean {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'latin1');
    return !/^TracerPid:\t0$/m.test(status);
  }
}

/** What comes after belongs to the program. */
function untilStarted(lines: readonly string[]): readonly string[] {
  const started = lines.findIndex((line) => line.startsWith('execve') && line.endsWith(' = 0'));
  return lines.slice(0, started < 0 ? lines.length : started + 1);
}

/** Of all texts of a call, one behind the other. */
function bytesOf(line: string): Buffer {
  const texts = Array.from(line.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g), ([, text = '']) => text);
  return Buffer.from(texts.join('').replaceAll('\\x', ''), 'hex');
}
