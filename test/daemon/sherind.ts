/** sherind as a process, over a vault of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type DaemonMethod, type DaemonResult, daemonMethods } from '../../daemon/protocol/daemon.js';
import type { Machine } from '../vault/machine.js';

const program = resolve(dirname(), '../../dist/daemon/main.js');

function dirname(): string {
  return fileURLToPath(new URL('.', import.meta.url));
}

export class Sherind {
  readonly #child: ChildProcess;
  readonly #path: string;
  readonly ended: Promise<number | NodeJS.Signals | null>;
  #log = '';

  private constructor(child: ChildProcess, path: string) {
    this.#child = child;
    this.#path = path;
    child.stderr?.on('data', (data: Buffer) => {
      this.#log += data.toString();
    });
    this.ended = new Promise((done) => child.once('close', (code, signal) => done(signal ?? code)));
  }

  /** Starts it in a process group of its own, as a service manager would. */
  static launch(machine: Machine, env: NodeJS.ProcessEnv = {}): Sherind {
    const child = spawn(process.execPath, [program], {
      env: { ...machine.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    return new Sherind(child, join(machine.home, 'run/sherind.sock'));
  }

  /** Starts it and waits until it watches sherin-fs. */
  static async start(machine: Machine, env: NodeJS.ProcessEnv = {}): Promise<Sherind> {
    const sherind = Sherind.launch(machine, env);
    await sherind.until((status) => status.state === 'running');
    return sherind;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }
  get log(): string {
    return this.#log;
  }

  async call<M extends DaemonMethod>(method: M): Promise<DaemonResult<M>> {
    const socket = createConnection(this.#path);
    try {
      socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method })}\n`);
      for await (const line of createInterface({ input: socket })) {
        const { result } = JSON.parse(line) as { result: unknown };
        return daemonMethods[method].result.parse(result) as DaemonResult<M>;
      }
    } finally {
      socket.destroy();
    }
    throw new Error('sherind closed the connection');
  }

  /** Waits for a state; fails when sherind ends before. */
  async until(wanted: (status: DaemonResult<'system.status'>) => boolean): Promise<void> {
    for (let tries = 0; tries < 1200; tries++) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`sherind ended: ${this.#log}`);
      }
      const status = await this.call('system.status').catch(() => null);
      if (status !== null && wanted(status)) return;
      await sleep(50);
    }
    throw new Error(`sherind does not get there: ${this.#log}`);
  }

  kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** Ends it in any case; sherin-fs is left to the machine. */
  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill('SIGKILL');
  }
}

/** A program that binds a datagram socket and prints what it receives, one line each. */
export class Receiver {
  readonly path: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(path: string) {
    const source = [
      'import socket, sys',
      's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); s.settimeout(100)',
      'print("bound", flush=True)',
      'while True: print(s.recv(4096).decode(), flush=True)',
    ];
    this.path = path;
    const child = spawn('python3', ['-c', source.join('\n'), path], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  static async bind(path: string): Promise<Receiver> {
    const receiver = new Receiver(path);
    if ((await receiver.next()) !== 'bound') throw new Error('no datagram socket');
    return receiver;
  }

  async next(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : value;
  }

  end(): void {
    this.#child.kill();
  }
}

/** Session of a process (proc(5), stat field 6). */
export function sessionOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
}
