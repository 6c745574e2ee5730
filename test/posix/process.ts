/** A process of some user that makes system calls; see executor.py. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
}

/** A path, name or content, a character a byte (latin-1); a number stands for an address. */
export type Bytes = string | number;
/** Seconds and nanoseconds. */
export type Time = readonly [number | bigint, number];

export interface Stat {
  readonly ino: string;
  readonly type: number;
  /** Permissions with setuid, setgid and sticky. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number | bigint;
  readonly blocks: number;
  readonly blksize: number;
  readonly atime: Time;
  readonly mtime: Time;
  readonly ctime: Time;
  readonly rdev: readonly [number, number];
  readonly dev: readonly [number, number];
}

/** A system call answered an errno. */
export class Refusal extends Error {
  readonly errno: string;
  constructor(call: string, errno: string) {
    super(`${call} answered ${errno}`);
    this.errno = errno;
  }
}

/** What a rule needs before it asks its question was refused: that is no answer to the question. */
export class NotReady extends Error {
  constructor(what: string, { errno }: Refusal) {
    super(`${what}: ${errno}`);
  }
}

type Argument = Bytes | bigint | null | readonly Argument[];
type Answer = { readonly value: unknown } | { readonly errno: string };
type Waiting = (answer: Answer | Error) => void;

const script = fileURLToPath(new URL('executor.py', import.meta.url));

export class Process {
  readonly #identity: Identity;
  #child: ChildProcess | null = null;
  #waiting: Waiting[] = [];
  /** Where the next call begins a rule. */
  #directory: string | null = null;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  get uid(): number {
    return this.#identity.uid;
  }
  get gid(): number {
    return this.#identity.gid;
  }

  /**
   * Makes ready for a rule in a directory, before its first call: most rules need few of the processes. One that still
   * hangs in the last rule is given up.
   */
  begin(directory: string): void {
    if (this.#waiting.length > 0) void this.end();
    this.#directory = directory;
  }

  /** @throws Refusal */
  async call<T = number>(name: string, ...args: readonly Argument[]): Promise<T> {
    const directory = this.#directory;
    this.#directory = null;
    const begun = directory === null ? null : this.#ask('begin', [directory]);
    // Both are asked at once: the process takes one after the other.
    const answer = await this.#ask(name, args);
    const ready = await begun;
    if (ready instanceof Error) throw ready;
    if (ready !== null && 'errno' in ready) throw new Error(`no start in ${directory}: ${ready.errno}`);
    if (answer instanceof Error) throw answer;
    if ('errno' in answer) throw new Refusal(name, answer.errno);
    return answer.value as T;
  }

  stat(path: Bytes): Promise<Stat> {
    return this.call('stat', path);
  }
  lstat(path: Bytes): Promise<Stat> {
    return this.call('lstat', path);
  }
  fstat(fd: number): Promise<Stat> {
    return this.call('fstat', fd);
  }
  open(path: Bytes, flags: number, mode = 0o644): Promise<number> {
    return this.call('open', path, flags, mode);
  }
  close(fd: number): Promise<number> {
    return this.call('close', fd);
  }
  read(fd: number, size: number): Promise<string> {
    return this.call('read', fd, size);
  }
  pread(fd: number, size: number, offset: number | bigint): Promise<string> {
    return this.call('pread', fd, size, offset);
  }
  write(fd: number, data: string): Promise<number> {
    return this.call('write', fd, data);
  }
  pwrite(fd: number, data: string, offset: number | bigint): Promise<number> {
    return this.call('pwrite', fd, data, offset);
  }
  names(path: Bytes): Promise<string[]> {
    return this.call('names', path);
  }

  /** Resolves once the process is gone, and with it what it holds of a mount. */
  async end(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    this.#lost(new Error('the process was ended'));
    if (child === null) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await closed;
  }

  #ask(name: string, args: readonly Argument[]): Promise<Answer | Error> {
    const child = this.#child ?? this.#start();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      child.stdin?.write(`${JSON.stringify({ call: name, args }, large)}\n`);
    });
  }

  #start(): ChildProcess {
    const { uid, gid, groups } = this.#identity;
    const args = [script, String(uid), String(gid), groups.join(',')];
    const child = spawn('python3', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
    });
    // Its end is told by `close`.
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (this.#child === child) this.#waiting.shift()?.(JSON.parse(line, restored) as Answer);
    });
    child.once('close', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#lost(new Error(`the executor ended with ${signal ?? code}: ${said}`));
    });
    return child;
  }

  #lost(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(error);
  }
}

/** Numbers beyond what a double holds travel as text. */
function large(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? { int: value.toString() } : value;
}

function restored(_: string, value: unknown): unknown {
  const isLarge = typeof value === 'object' && value !== null && 'int' in value;
  return isLarge ? BigInt(value.int as string) : value;
}
