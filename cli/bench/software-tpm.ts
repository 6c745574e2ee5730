/** A software TPM for the benchmark's vault alone, so that no TPM of the machine gets a counter that would stay. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError } from '../../common/errors.js';
import { findProgram } from '../../common/find-program.js';

/** Milliseconds until a start is given up. */
const patience = 10_000;

export class SoftwareTpm {
  readonly tcti: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, socket: string) {
    this.#child = child;
    this.tcti = `swtpm:path=${socket}`;
  }

  /** Makes a new TPM in a new directory. @throws SherinError TOOL_MISSING, TPM_FAILED */
  static async start(directory: string): Promise<SoftwareTpm> {
    const [setpriv, swtpm] = [program('setpriv', 'util-linux'), program('swtpm', 'swtpm')];
    mkdirSync(directory, { mode: 0o700 });
    const socket = join(directory, 's');
    const state = ['--tpm2', '--tpmstate', 'dir=.,mode=0600', '--flags', 'not-need-init,startup-clear'];
    const server = ['--server', `type=unixio,path=${socket},mode=0600`];
    const control = ['--ctrl', `type=unixio,path=${socket}.ctrl,mode=0600`];
    // It ends with this process, however that ends, but not by the terminal's Ctrl-C: the vault is closed before it.
    const line = ['--pdeathsig', 'TERM', swtpm, 'socket', ...state, ...server, ...control];
    const child = spawn(setpriv, line, { cwd: directory, detached: true, stdio: 'ignore' });
    child.on('error', () => undefined);
    for (let waited = 0; !(await answers(socket)); waited += 10) {
      if (waited > patience || child.pid === undefined || child.exitCode !== null) {
        child.kill();
        throw new SherinError('TPM_FAILED', { command: 'to start (swtpm)', part: 'it did not answer' });
      }
      await sleep(10);
    }
    return new SoftwareTpm(child, socket);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }
}

function program(tool: string, debian: string): string {
  const path = findProgram(tool);
  if (path === undefined) throw new SherinError('TOOL_MISSING', { tool, package: debian });
  return path;
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const link = connect(socket);
    link.once('connect', () => {
      link.destroy();
      resolve(true);
    });
    link.once('error', () => resolve(false));
  });
}
