/** The system calls of a running process as strace(1) sees them, each with its begin and its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

export interface Call {
  readonly name: string;
  /** Its arguments as strace writes them, descriptors with their paths, quotes as they are. */
  text: string;
  /** Places in the order of everything that was seen; a call that has not ended has no end. */
  readonly begin: number;
  end: number;
}

export class Trace {
  readonly #strace: ChildProcess;
  readonly #file: string;

  private constructor(strace: ChildProcess, file: string) {
    this.#strace = strace;
    this.#file = file;
  }

  /** Watches some calls of all threads of a process; resolves when it does. */
  static async of(pid: number, calls: readonly string[], file: string): Promise<Trace> {
    const flags = ['-f', '-y', '-s', '256', '-o', file, '-e', `trace=${calls.join(',')}`, '-p', String(pid)];
    const strace = spawn('strace', flags, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    while (!/attached/.test(said)) {
      const [data] = (await once(strace.stderr, 'data')) as [Buffer];
      said += data.toString();
      if (/strace: .*(denied|not permitted|No such)/.test(said)) throw new Error(said);
    }
    strace.stderr.resume();
    return new Trace(strace, file);
  }

  /** Lets go of the process; resolves to what it has called, in the order of the begins. */
  async end(): Promise<Call[]> {
    const ended = once(this.#strace, 'close');
    this.#strace.kill('SIGINT');
    await ended;
    return callsOf(readFileSync(this.#file, 'latin1'));
  }
}

/** What is written in a trace of strace -f; a call that another interrupts is put together again. */
export function callsOf(text: string): Call[] {
  const calls: Call[] = [];
  const open = new Map<string, Call>();
  for (const [at, line] of text.split('\n').entries()) {
    const [, thread, rest] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (thread === undefined || rest === undefined) continue;
    if (rest.startsWith('<... ')) {
      const call = open.get(thread);
      if (call !== undefined) {
        call.end = at;
        call.text += rest.replace(/^<\.\.\. \w+ resumed>/, '');
      }
      open.delete(thread);
      continue;
    }
    const [, name] = /^(\w+)\(/.exec(rest) ?? [];
    if (name === undefined) continue;
    const unfinished = rest.endsWith('<unfinished ...>');
    const call = {
      name,
      text: rest.replaceAll('\\"', '"').replace(/ ?<unfinished \.\.\.>$/, ''),
      begin: at,
      end: unfinished ? Number.POSITIVE_INFINITY : at,
    };
    calls.push(call);
    if (unfinished) open.set(thread, call);
  }
  return calls;
}
