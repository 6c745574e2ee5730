/** A software TPM of our own: swtpm as a child process, reached over a private Unix socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { SherinError } from '../../common/errors.js';
import { requireProgram } from '../../common/find-program.js';
import { localError } from '../../common/local-error.js';
import { makeDirectories } from '../../common/make-directories.js';
import { prepareRuntimeDirectory } from '../../common/runtime-directory.js';
import { endOrphan, socketsFile } from './orphan-tpm.js';
import { markState, unmarkState } from './unfinished-tpm.js';

export interface SoftwareTpmPlace {
  /** The TPM's memory: whoever can read it has the TPM. Never inside the vault. */
  readonly stateDir: string;
  /** Where the socket goes. */
  readonly runtimeDir: string;
}

/** sockaddr_un.sun_path holds 108 bytes with its end (unix(7)). */
const longestSocketPath = 107;
const readySeconds = 10;
const stopMilliseconds = 3000;
/** The file in which swtpm keeps the TPM's permanent state. */
const stateFile = 'tpm2-00.permall';

/** A private directory for the socket; below /tmp when the runtime directory's name is too long or holds a comma, which ends a TCTI option. */
async function socketDirectory(runtimeDir: string): Promise<string> {
  const longest = `${join(runtimeDir, 'tpm-XXXXXX', 's')}.ctrl`;
  if (Buffer.byteLength(longest) > longestSocketPath || runtimeDir.includes(','))
    return await mkdtemp('/tmp/sherin-tpm-');
  prepareRuntimeDirectory(runtimeDir);
  return await mkdtemp(join(runtimeDir, 'tpm-'));
}

export class SoftwareTpm {
  readonly #child: ChildProcess;
  readonly #sockets: string;
  #said = '';

  private constructor(child: ChildProcess, sockets: string) {
    this.#child = child;
    this.#sockets = sockets;
    child.on('error', (error) => {
      this.#said += error.message;
    });
    child.stderr?.on('data', (data: Buffer) => {
      this.#said = (this.#said + data.toString()).slice(-4096);
    });
  }

  /**
   * Makes a new TPM.
   * @param madeFor directory of a vault that is not finished, see unfinished-tpm.ts; null: that of a vault which is
   * @throws SherinError TOOL_MISSING, TPM_FAILED, RUNTIME_UNSAFE, LOCAL_FILE
   */
  static async create(place: SoftwareTpmPlace, madeFor: string | null = null): Promise<SoftwareTpm> {
    try {
      makeDirectories(place.stateDir, 0o700);
    } catch (error) {
      throw localError(place.stateDir, error);
    }
    await chmod(place.stateDir, 0o700);
    await (madeFor === null ? unmarkState(place.stateDir) : markState(place.stateDir, madeFor));
    return await SoftwareTpm.#spawn(place);
  }

  /** Starts the TPM whose state is there. @throws SherinError TPM_MISSING when there is none; VAULT_UNSAFE, TOOL_MISSING, TPM_FAILED */
  static async start(place: SoftwareTpmPlace): Promise<SoftwareTpm> {
    const { stateDir } = place;
    const facts = await stat(stateDir).catch(() => null);
    const state = await stat(join(stateDir, stateFile)).catch(() => null);
    // a new TPM in its place would only hide that the old one is gone
    if (facts === null || state === null)
      throw new SherinError('TPM_MISSING', { tcti: `swtpm (its state ${stateDir} is not there)` });
    if ((facts.mode & 0o077) !== 0 || facts.uid !== process.geteuid?.())
      throw new SherinError('VAULT_UNSAFE', {
        path: stateDir,
        part: 'others may read or own the state of the software TPM',
      });
    await unmarkState(stateDir);
    return await SoftwareTpm.#spawn(place);
  }

  static async #spawn({ stateDir, runtimeDir }: SoftwareTpmPlace): Promise<SoftwareTpm> {
    const swtpm = requireProgram('swtpm', 'swtpm');
    const setpriv = requireProgram('setpriv', 'util-linux');
    await endOrphan(stateDir);
    const sockets = await socketDirectory(runtimeDir);
    await writeFile(join(stateDir, socketsFile), sockets, { mode: 0o600 });
    const socket = join(sockets, 's');
    const options = [
      ...['socket', '--tpm2', '--tpmstate', 'dir=.,mode=0600', '--pid', 'file=swtpm.pid'],
      ...[
        '--server',
        `type=unixio,path=${socket},mode=0600`,
        '--ctrl',
        `type=unixio,path=${socket}.ctrl,mode=0600`,
      ],
      ...['--flags', 'not-need-init,startup-clear'],
    ];
    // the TPM ends with us, however we end; a session of its own keeps a terminal's Ctrl-C from it, so that we shut it down in order
    const child = spawn(setpriv, ['--pdeathsig', 'TERM', '--no-new-privs', swtpm, ...options], {
      cwd: stateDir,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const tpm = new SoftwareTpm(child, sockets);
    try {
      await tpm.#ready();
      return tpm;
    } catch (error) {
      await tpm.stop();
      throw error;
    }
  }

  get tcti(): string {
    return `swtpm:path=${join(this.#sockets, 's')}`;
  }
  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends the process; TPM2_Shutdown comes before, from whoever closes the connection. */
  async stop(): Promise<void> {
    if (this.running) {
      const ended = new Promise<true>((resolve) => this.#child.once('exit', () => resolve(true)));
      this.#child.kill('SIGTERM');
      const late = setTimeout(stopMilliseconds, false, { ref: false });
      if (!(await Promise.race([ended, late]))) this.#child.kill('SIGKILL');
      await ended;
    }
    await rm(this.#sockets, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const end = Date.now() + readySeconds * 1000;
    for (let wait = 2; Date.now() < end; wait = Math.min(wait * 2, 50)) {
      if (!this.running) break;
      if (await answers(join(this.#sockets, 's.ctrl'), end - Date.now())) return;
      await setTimeout(wait);
    }
    const part = this.#said.trim().replaceAll('\n', '; ') || `it did not answer within ${readySeconds} s`;
    throw new SherinError('TPM_FAILED', { command: 'to start (swtpm)', part });
  }
}

/** CMD_GET_CAPABILITY of swtpm_ioctls(3): 4 bytes, big endian; 12 come back. */
const getCapability = Buffer.from([0, 0, 0, 1]);

/**
 * True when swtpm answers at its control socket, which is when it has read its state: it listens at both sockets before,
 * and ends when it can not read it. False after `patience` milliseconds.
 */
function answers(socket: string, patience: number): Promise<boolean> {
  return new Promise((resolve) => {
    const link = connect(socket, () => link.write(getCapability));
    link.setTimeout(Math.max(patience, 1), () => link.destroy());
    link.once('data', () => {
      resolve(true);
      link.destroy();
    });
    link.once('error', () => resolve(false));
    link.once('close', () => resolve(false));
  });
}
