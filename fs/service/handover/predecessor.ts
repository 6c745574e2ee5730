/** The sherin-fs whose place this one is to take. */
import { closeSync } from 'node:fs';
import { SherinError } from '../../../common/errors.js';
import { version } from '../../../common/version.js';
import { Keyring } from '../../../native/index.js';
import { carriedKeys, type Epochs } from '../../vault/carried-keys.js';
import { requireKeyMemory } from '../session/key-memory.js';
import { Channel } from './channel.js';
import { documentVersion, type HandedDocument, readDocument } from './document.js';

/** Milliseconds for what programs have written, until it has sealed and closed the vault; and for its last word. */
const takePatience = 300_000;
const goPatience = 60_000;

export class Predecessor {
  /** Descriptor of the vault's directory, with the lock. */
  readonly vault: number;
  /** The listening control socket. */
  readonly listener: number;
  /** The connection of the mount; null: it is not mounted. */
  readonly device: number | null;
  readonly document: HandedDocument;
  readonly #key: number;
  readonly #channel: Channel;

  private constructor(channel: Channel, fds: readonly number[]) {
    const [vault, listener, document, key, device = null] = fds;
    if (vault === undefined || listener === undefined || document === undefined || key === undefined)
      throw new SherinError('UPGRADE_FAILED', { part: 'descriptors are missing' });
    this.#channel = channel;
    this.#key = key;
    this.vault = vault;
    this.listener = listener;
    this.device = device;
    this.document = readDocument(document);
    closeSync(document);
  }

  /** Resolves when it has handed over what it has. @param fd of the channel @throws SherinError UPGRADE_FAILED, KEY_MEMORY */
  static async at(fd: number): Promise<Predecessor> {
    const channel = new Channel(fd);
    try {
      requireKeyMemory();
      await channel.say({ say: 'hello', version, document: documentVersion });
      const { fds } = await channel.hear('take', takePatience);
      return new Predecessor(channel, fds);
    } catch (error) {
      await sayFailed(channel, error);
      throw error;
    }
  }

  /** Keys of the vault. @param epochs those of its header @throws NativeError */
  takeKeys(uuid: Buffer, epochs: Epochs): Keyring {
    try {
      return Keyring.receive(uuid, this.#key, carriedKeys(epochs));
    } finally {
      closeSync(this.#key);
    }
  }

  /** Everything is taken; resolves when the other one serves no more. @throws SherinError UPGRADE_FAILED: it goes on */
  async prepared(): Promise<void> {
    await this.#channel.say({ say: 'prepared' });
    await this.#channel.hear('go', goPatience);
  }

  async serving(): Promise<void> {
    // It may have gone already.
    await this.#channel.say({ say: 'serving' }).catch(() => undefined);
    this.#channel.close();
  }

  async failed(error: unknown): Promise<void> {
    await sayFailed(this.#channel, error);
  }
}

async function sayFailed(channel: Channel, error: unknown): Promise<void> {
  const part = error instanceof Error ? error.message : String(error);
  const failure = error instanceof SherinError ? error : new SherinError('UPGRADE_FAILED', { part });
  await channel.say({ say: 'failed', error: failure.failure }).catch(() => undefined);
}
