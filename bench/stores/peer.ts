/** Encrypting file systems of Debian, driven by their own commands. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../command.js';
import type { Store } from './store.js';

type Run = (cipher: string, mount: string) => Promise<unknown>;

interface Peer {
  readonly make: Run;
  readonly mount: Run;
}

export type PeerName = 'gocryptfs' | 'encfs' | 'cryfs' | 'securefs';

const password = 'benchmark';

/** Default settings of each, with the cheapest key derivation it offers: that is not what is measured. */
const peers: Readonly<Record<PeerName, Peer>> = {
  gocryptfs: {
    make: (cipher) =>
      command('gocryptfs', ['-init', '-q', '-scryptn', '10', '-extpass', `echo ${password}`, cipher]),
    mount: (cipher, mount) => command('gocryptfs', ['-q', '-extpass', `echo ${password}`, cipher, mount]),
  },
  encfs: {
    make: async () => {},
    mount: (cipher, mount) => command('encfs', ['--standard', `--extpass=echo ${password}`, cipher, mount]),
  },
  cryfs: {
    make: async () => {},
    mount: (cipher, mount) =>
      command('cryfs', [cipher, mount], {
        input: `${password}\n`,
        env: { ...process.env, CRYFS_FRONTEND: 'noninteractive', CRYFS_NO_UPDATE_CHECK: 'true' },
      }),
  },
  securefs: {
    make: (cipher) => command('securefs', ['create', '--pass', password, '--rounds', '1', cipher]),
    mount: (cipher, mount) =>
      command('securefs', ['mount', '--background', '--log', '/dev/null', '--pass', password, cipher, mount]),
  },
};

export function isPeer(name: string): name is PeerName {
  return Object.hasOwn(peers, name);
}

export class PeerStore implements Store {
  readonly name: PeerName;
  #cipher = '';
  #mount = '';

  constructor(name: PeerName) {
    this.name = name;
  }

  async open(directory: string): Promise<void> {
    this.#cipher = join(directory, `${this.name}-cipher`);
    this.#mount = join(directory, `${this.name}-mount`);
    mkdirSync(this.#cipher);
    mkdirSync(this.#mount);
    await peers[this.name].make(this.#cipher, this.#mount);
    await peers[this.name].mount(this.#cipher, this.#mount);
    await command('mountpoint', ['-q', this.#mount]);
  }

  async bring(source: string, name: string): Promise<void> {
    await command('cp', ['-r', source, this.path(name)]);
    await command('sync', ['-f', this.#cipher]);
  }

  path(name: string): string {
    return join(this.#mount, name);
  }

  async close(): Promise<void> {
    await command('fusermount3', ['-u', this.#mount]);
  }
}
