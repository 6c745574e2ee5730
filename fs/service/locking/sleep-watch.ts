import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { requireProgram } from '../../../common/find-program.js';
import type { Logger } from '../../../common/log.js';

/** Milliseconds before a program that has ended is started again; twice as many each time, up to the longest, until one has lasted. */
const againMs = { first: 2_000, longest: 60_000, lasted: 10_000 } as const;

const login = 'org.freedesktop.login1';
const monitorArguments = ['monitor', '--system', '--dest', login, '--object-path', '/org/freedesktop/login1'];
const inhibitArguments = [
  ...['--what=sleep', '--mode=delay', '--who=Sherin', '--why=The vault is locked before the machine sleeps'],
  'cat',
];
const signal =
  /^\/org\/freedesktop\/login1: org\.freedesktop\.login1\.Manager\.PrepareForSleep \((true|false),\)$/;

export interface SleepWatchParts {
  /** Locks the vault; the machine waits for it, as long as logind lets it. */
  readonly lock: () => Promise<void>;
  readonly log: Logger;
}

/**
 * Locks the vault before the machine sleeps: listens to logind's PrepareForSleep on the system bus, and holds a delay lock meanwhile
 * (org.freedesktop.login1(5)), by programs of GLib and systemd: a lock is a descriptor, which no D-Bus library in JavaScript can take.
 */
export class SleepWatch {
  readonly #parts: SleepWatchParts;
  readonly #programs: { readonly setpriv: string; readonly monitor: string; readonly inhibit: string };
  #monitor: ChildProcess | null = null;
  #inhibitor: ChildProcess | null = null;
  /** The sleep that has begun and not ended: another one may begin before the vault is locked for it. */
  #sleep: symbol | null = null;
  #stopped = false;
  #pause: number = againMs.first;

  /** @throws SherinError TOOL_MISSING: who asks for it must not find later that nobody listens */
  constructor(parts: SleepWatchParts) {
    this.#parts = parts;
    this.#programs = {
      setpriv: requireProgram('setpriv', 'util-linux'),
      monitor: requireProgram('gdbus', 'libglib2.0-bin'),
      inhibit: requireProgram('systemd-inhibit', 'systemd'),
    };
  }

  /** It would be told of a sleep now, and the machine would wait. */
  get watching(): boolean {
    return this.#monitor !== null && (this.#sleep !== null || this.#inhibitor !== null);
  }

  start(): void {
    this.#listen();
  }

  stop(): void {
    this.#stopped = true;
    this.#monitor?.kill();
    this.#letGo();
  }

  #listen(): void {
    const { setpriv, monitor } = this.#programs;
    const begun = Date.now();
    // It ends with this process, however that ends.
    const child = spawn(setpriv, ['--pdeathsig', 'TERM', monitor, ...monitorArguments], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.once('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => {
      // Listens from here on: only now may the machine be held up.
      if (line.startsWith('Monitoring signals')) {
        this.#monitor = child;
        // Whatever was missed meanwhile: who listens is awake.
        this.#wakes();
      }
      const [, begins] = signal.exec(line) ?? [];
      if (begins === 'true') void this.#sleeps();
      if (begins === 'false') this.#wakes();
    });
    child.once('close', () => {
      this.#monitor = null;
      this.#letGo();
      this.#again(begun, 'listening for the sleep of the machine', () => this.#listen());
    });
  }

  async #sleeps(): Promise<void> {
    const sleep = Symbol('sleep');
    this.#sleep = sleep;
    const { lock, log } = this.#parts;
    log.info('the machine goes to sleep: the vault is locked');
    // It is locked all the same where something could not be sealed, and has said so.
    await lock().catch((error: unknown) => log.error({ err: error }, 'locking before a sleep failed'));
    // Awake again before it was locked: what is held now is for the next sleep.
    if (this.#sleep === sleep) this.#letGo();
  }

  #wakes(): void {
    this.#sleep = null;
    this.#hold();
  }

  /** The lock lasts as long as its program, and that as long as its standard input: it can't outlive this process. */
  #hold(): void {
    if (this.#inhibitor !== null || this.#stopped || this.#sleep !== null || this.#monitor === null) return;
    const begun = Date.now();
    const child = spawn(this.#programs.inhibit, inhibitArguments, { stdio: ['pipe', 'ignore', 'ignore'] });
    this.#inhibitor = child;
    child.once('error', () => undefined);
    child.stdin.on('error', () => undefined);
    child.once('close', () => {
      if (this.#inhibitor !== child) return;
      this.#inhibitor = null;
      this.#again(begun, 'holding up the sleep of the machine', () => this.#hold());
    });
  }

  #letGo(): void {
    const child = this.#inhibitor;
    this.#inhibitor = null;
    child?.stdin?.end();
  }

  #again(begun: number, what: string, step: () => void): void {
    if (this.#stopped) return;
    if (Date.now() - begun >= againMs.lasted) this.#pause = againMs.first;
    const pause = this.#pause;
    this.#pause = Math.min(pause * 2, againMs.longest);
    this.#parts.log.warn({ seconds: pause / 1000 }, `${what} has ended; it begins again`);
    setTimeout(() => {
      if (!this.#stopped) step();
    }, pause).unref();
  }
}
