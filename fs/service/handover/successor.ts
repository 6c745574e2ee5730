/** The sherin-fs that is to go on: started from the program that this one was started from, as it is on disk now. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SherinError } from '../../../common/errors.js';
import { pair } from '../../../native/ipc.js';
import { Channel } from './channel.js';
import { documentVersion } from './document.js';
import { requireTrusted, requireTrustedProgram } from './trusted-program.js';

/** Its descriptor of the channel; {@link takeOverFlag} names it. */
const channelFd = 4;
const takeOverFlag = '--take-over';
/** Milliseconds for its start, and for opening the vault: as long as a start may take. */
const startPatience = 60_000;
const preparedPatience = 60_000;
const servingPatience = 10_000;

/** What it gets, by descriptor. */
export interface HandedDescriptors {
  readonly vault: number;
  readonly listener: number;
  readonly document: number;
  readonly key: number;
  /** None where nothing is mounted. */
  readonly device: number | null;
}

export class Successor {
  readonly version: string;
  readonly #child: ChildProcess;
  readonly #channel: Channel;
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess, channel: Channel, ended: Promise<void>, version: string) {
    this.#child = child;
    this.#channel = channel;
    this.#ended = ended;
    this.version = version;
  }

  /** It runs, and understands what this one will say; it has nothing yet. @throws SherinError UPGRADE_REFUSED, UPGRADE_FAILED */
  static async start(): Promise<Successor> {
    const program = process.argv[1] ?? '';
    await requireTrustedProgram(program);
    await requireTrusted(process.execPath);
    const [own, other] = pair();
    const channel = new Channel(own);
    const child = spawn(process.execPath, [...process.execArgv, ...argumentsFor(process.argv.slice(1))], {
      cwd: '/',
      detached: true,
      // Nobody else gets that end: it is closed here at once, and has no name.
      stdio: ['ignore', 'inherit', 'inherit', 'ignore', other],
    });
    closeSync(other);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    try {
      const { message } = await channel.hear('hello', startPatience);
      if (message.document !== documentVersion) {
        const part = `version ${message.version} does not understand what this one would hand over`;
        throw new SherinError('UPGRADE_REFUSED', { part });
      }
      await requireUntraced(child.pid ?? 0);
      return new Successor(child, channel, ended, message.version);
    } catch (error) {
      child.kill('SIGKILL');
      channel.close();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Hands it the vault; resolves when it could serve. @throws SherinError as it says; UPGRADE_FAILED */
  async take({ vault, listener, document, key, device }: HandedDescriptors): Promise<void> {
    const fds = [vault, listener, document, key, ...(device === null ? [] : [device])];
    await this.#channel.say({ say: 'take' }, fds);
    await this.#channel.hear('prepared', preparedPatience);
  }

  /**
   * Has it serve. From here on there is no way back: it may have taken requests.
   * @throws SherinError UPGRADE_FAILED: it was not told, and is to be ended
   */
  async go(): Promise<void> {
    try {
      await this.#channel.say({ say: 'go' });
    } catch (error) {
      throw new SherinError('UPGRADE_FAILED', { part: 'it has ended' }, { cause: error });
    }
  }

  /** Resolves to whether it serves. */
  async serves(): Promise<boolean> {
    return this.#channel.hear('serving', servingPatience).then(
      () => true,
      () => false,
    );
  }

  /** It goes on alone. */
  release(): void {
    this.#channel.close();
    this.#child.unref();
  }

  /** Nothing of it is left when this resolves. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    this.#channel.close();
  }
}

/** As this one was started, and with the channel. */
export function argumentsFor(own: readonly string[]): string[] {
  const at = own.indexOf(takeOverFlag);
  const without = at < 0 ? own : [...own.slice(0, at), ...own.slice(at + 2)];
  return [...without, takeOverFlag, String(channelFd)];
}

/** Since it has said something nobody can begin to look into it (PR_SET_DUMPABLE); nobody may have begun before. @throws SherinError UPGRADE_REFUSED */
async function requireUntraced(pid: number): Promise<void> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  if (!/^TracerPid:\t0$/m.test(status))
    throw new SherinError('UPGRADE_REFUSED', { part: 'somebody looks into the new process' });
}
