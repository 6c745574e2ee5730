/** Encrypting file systems of Debian, driven by their own commands. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { command } from '../command.js';
import type { Store } from './store.js';

type Line = readonly [program: string, ...args: string[]];

interface Peer {
  /** Makes a new store; null where the first mount does. */
  readonly make: ((cipher: string) => Line) | null;
  /** Serves it in the foreground until it is unmounted. */
  readonly serve: (cipher: string, mount: string) => Line;
}

const password = 'benchmark';
const extpass = `echo ${password}`;

/** Default settings of each, with the cheapest key derivation it offers: that is not what is measured. */
const peers = {
  gocryptfs: {
    make: (cipher) => ['gocryptfs', '-init', '-q', '-scryptn', '10', '-extpass', extpass, cipher],
    serve: (cipher, mount) => ['gocryptfs', '-fg', '-q', '-extpass', extpass, cipher, mount],
  },
  encfs: {
    make: null,
    serve: (cipher, mount) => ['encfs', '-f', '--standard', `--extpass=${extpass}`, cipher, mount],
  },
  cryfs: { make: null, serve: (cipher, mount) => ['cryfs', '-f', cipher, mount] },
  securefs: {
    make: (cipher) => ['securefs', 'create', '--pass', password, '--rounds', '1', cipher],
    serve: (cipher, mount) => ['securefs', 'mount', '--log', '/dev/null', '--pass', password, cipher, mount],
  },
} as const satisfies Readonly<Record<string, Peer>>;

export type PeerName = keyof typeof peers;

export const peerNames = Object.keys(peers) as readonly PeerName[];

/** cryfs takes the password on standard input, asks nothing else, and keeps what it remembers beside the store. */
function environment(cipher: string): NodeJS.ProcessEnv {
  const cryfs = { CRYFS_FRONTEND: 'noninteractive', CRYFS_NO_UPDATE_CHECK: 'true' };
  return { ...process.env, ...cryfs, CRYFS_LOCAL_STATE_DIR: `${cipher}-state` };
}

/** Milliseconds until a mount is given up: cryfs alone spends 15 s of a CPU on its password. */
const patience = 120_000;

export function isPeer(name: string): name is PeerName {
  return Object.hasOwn(peers, name);
}

export class PeerStore implements Store {
  readonly name: PeerName;
  #cipher = '';
  #mount = '';
  #child: ChildProcess | null = null;

  constructor(name: PeerName) {
    this.name = name;
  }

  async open(directory: string): Promise<void> {
    this.#cipher = join(directory, `${this.name}-cipher`);
    this.#mount = join(directory, `${this.name}-mount`);
    mkdirSync(this.#cipher);
    mkdirSync(this.#mount);
    const { make }: Peer = peers[this.name];
    if (make !== null) {
      const [program, ...args] = make(this.#cipher);
      await command(program, args);
    }
    await this.#serve();
  }

  async bring(source: string, name: string): Promise<void> {
    await command('cp', ['-r', source, this.path(name)]);
    await command('sync', ['-f', this.#cipher]);
  }

  async settle(): Promise<void> {
    await command('sync', ['-f', this.#cipher]);
  }

  path(name: string): string {
    return join(this.#mount, name);
  }

  /** Some keep decrypted blocks; all begin anew in a new process. */
  async forget(): Promise<void> {
    await this.close();
    await this.#serve();
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    const ended = child.exitCode === null ? once(child, 'exit') : Promise.resolve();
    await command('fusermount3', ['-u', this.#mount]);
    await ended;
  }

  async #serve(): Promise<void> {
    const [program, ...args]: Line = peers[this.name].serve(this.#cipher, this.#mount);
    const child = spawn(program, args, {
      env: environment(this.#cipher),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    let failed: Error | null = null;
    child.on('error', (error) => {
      failed = error;
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(`${password}\n`);
    const deadline = Date.now() + patience;
    while (!this.#mounted()) {
      if (failed !== null) throw failed;
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill();
        throw new Error(`${this.name} did not mount (it ended with ${child.exitCode})`);
      }
      await sleep(10);
    }
    this.#child = child;
  }

  /** A mount point lies on another device than its parent. */
  #mounted(): boolean {
    return statSync(this.#mount).dev !== statSync(dirname(this.#mount)).dev;
  }
}
