/** A real software TPM (swtpm) with a throw-away state, for tests. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SealPolicy, Secret, type Tpm } from '../index.js';

/** True once someone listens (flag SO_ACCEPTCON of unix(7)): the file alone is there a moment earlier. */
function listening(path: string): boolean {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  return lines.some((line) => line.endsWith(` ${path}`) && line.split(/ +/)[3] === '00010000');
}

export class Swtpm {
  readonly directory = mkdtempSync(join(tmpdir(), 'sherin-swtpm-'));
  readonly path = join(this.directory, 's');
  #process: ChildProcess | null = null;

  static async start(): Promise<Swtpm> {
    const swtpm = new Swtpm();
    await swtpm.start();
    return swtpm;
  }

  get tcti(): string {
    return `swtpm:path=${this.path}`;
  }

  /** Starts it, again after {@link kill} on the same state. */
  async start(): Promise<void> {
    const sockets = [this.path, `${this.path}.ctrl`];
    for (const socket of sockets) rmSync(socket, { force: true });
    const options = ['--tpm2', '--tpmstate', `dir=${this.directory}`, '--flags', 'startup-clear'];
    const channels = [
      '--server',
      `type=unixio,path=${this.path}`,
      '--ctrl',
      `type=unixio,path=${this.path}.ctrl`,
    ];
    this.#process = spawn('swtpm', ['socket', ...options, ...channels], { stdio: 'ignore' });
    while (!sockets.every(listening)) {
      if (this.#process.exitCode !== null) throw new Error(`swtpm ended with ${this.#process.exitCode}`);
      await sleep(2);
    }
  }

  /** Ends it as a power cut would: without a shutdown. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Makes it hang, and go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(signal);
  }

  /** What a reset of the machine does to a TPM; clients stay connected. */
  reset(): void {
    execFileSync('swtpm_ioctl', ['--unix', `${this.path}.ctrl`, '-i'], { stdio: 'ignore' });
  }

  /** Handles that the TPM has loaded; nobody else may be connected. */
  loaded(): string[] {
    const list = (kind: string): string[] =>
      execFileSync('tpm2_getcap', [kind], {
        env: { ...process.env, TPM2TOOLS_TCTI: this.tcti },
        encoding: 'utf8',
      })
        .split('\n')
        .filter((line) => line !== '');
    return [...list('handles-transient'), ...list('handles-loaded-session')];
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A policy over PCR 7 and a fresh slot counter. */
export async function freshPolicy(tpm: Tpm, auth: Secret | null = null): Promise<SealPolicy> {
  const counter = await tpm.counterDefine(null);
  return { pcrs: [7], bank: 'sha256', slotCounter: counter, slotGeneration: counter.value, auth };
}

/** The rejection of a promise that must not resolve. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<{ code: string; tpm?: number; message: string }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error as Error & { code: string; tpm?: number };
    throw error;
  }
  throw new Error('resolved');
}

/** A secret with known bytes. */
export function known(bytes: Buffer): Secret {
  return Secret.take(Buffer.from(bytes));
}
