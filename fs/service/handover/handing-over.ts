/** How the vault goes from this process to a new one while programs hold its files open. */
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError, systemCode } from '../../../common/errors.js';
import type { Logger } from '../../../common/log.js';
import type { Turns } from '../../../common/turns.js';
import type { CubeReader, Keyring } from '../../../native/index.js';
import type { CubeLock } from '../../cube/cube-lock.js';
import type { Caller } from '../../mount/source.js';
import type { LockedVault } from '../../vault/locked-vault.js';
import { handOrphans, restoreOrphans } from '../../writing/handed-orphans.js';
import { actorOf } from '../actor.js';
import type { Reencryption } from '../keys/reencryption.js';
import type { HandingMount, Mounting } from '../mounting/mounting.js';
import type { Session } from '../session/session.js';
import type { Standing } from '../standing.js';
import { documentVersion, type HandingDocument, parseDocument, writeDocument } from './document.js';
import type { Predecessor } from './predecessor.js';
import { type HandedDescriptors, Successor } from './successor.js';

/** Milliseconds for the end of what is put or removed. */
const alonePatience = 1_000;

export interface HandingOverParts {
  readonly locked: LockedVault;
  readonly reader: CubeReader;
  readonly mounting: Mounting;
  readonly lock: CubeLock;
  readonly turns: Turns;
  /** What encrypts anew in the background; it goes on in the new process, or here where that comes to nothing. */
  readonly reencryption: Pick<Reencryption, 'stop' | 'resume'>;
  readonly log: Logger;
  readonly standing: Standing;
  /** The session, or null while locked. */
  readonly current: () => Session | null;
  /** As VaultView.unlocked. */
  readonly unlocked: () => Promise<Session>;
  /** Opens the vault with keys that are here. */
  readonly open: (handed: { readonly keyring: Keyring; readonly nextInode: number }) => Promise<Session>;
  readonly sealed: () => void;
}

export interface HandedOver {
  readonly pid: number;
  readonly version: string;
}

export class HandingOver {
  readonly #parts: HandingOverParts;
  #gone = false;
  #lost = false;

  constructor(parts: HandingOverParts) {
    this.#parts = parts;
  }

  /** This process has nothing left but to end. */
  get gone(): boolean {
    return this.#gone;
  }

  /**
   * Starts a new sherin-fs and hands it everything. This process serves until the new one could, and goes on where it can not.
   * @param listener of the control socket
   * @returns what serves now. @throws SherinError UPGRADE_REFUSED, UPGRADE_FAILED, LOCKED, PIN_NEEDED, and what the new one says
   */
  async run(peer: Caller, listener: number): Promise<HandedOver> {
    const { mounting, turns, log, reencryption } = this.#parts;
    // What takes long is sealed while programs are still served.
    await (await this.#parts.unlocked()).writing.seal();
    const successor = await Successor.start().catch((error: unknown) => this.#failed(error, peer));
    const begun = performance.now();
    try {
      await reencryption.stop();
      await mounting.handingOver((mount) => turns.run(() => this.#hand(successor, mount, peer, listener)));
    } catch (error) {
      await successor.end();
      reencryption.resume();
      return this.#failed(error, peer);
    }
    const { pid, version } = successor;
    if (this.#lost) {
      log.error({ pid }, 'the new sherin-fs has ended');
      throw new SherinError('UPGRADE_FAILED', { part: 'it has ended after it took over: sherinctl up' });
    }
    successor.release();
    log.info({ pid, version, milliseconds: Math.round(performance.now() - begun) }, 'handed over');
    return { pid, version };
  }

  /** Puts it on record. @throws what it is given */
  #failed(error: unknown, peer: Caller): never {
    const meta = { code: error instanceof SherinError ? error.code : 'unknown' };
    const event = { event: 'AUDIT_UPGRADE_FAILED', id: null, actor: actorOf(peer), meta };
    this.#parts.current()?.records.note(event, true);
    throw error;
  }

  /** Goes on in the place of another process. @returns has programs answered, once that one can not go on any more */
  async takeOver(before: Predecessor): Promise<() => void> {
    const { locked, reencryption } = this.#parts;
    // Until then the header stays as the other one knows it, who opens the vault again where this comes to nothing.
    await reencryption.stop();
    const keyring = before.takeKeys(locked.uuid, locked.header);
    const session = await this.#parts.open({ keyring, nextInode: before.document.nextInode });
    await restoreOrphans(session.writing, before.document.orphans);
    const answer = await this.#adopt(before);
    return () => {
      answer();
      reencryption.resume();
    };
  }

  async #adopt({ document, device }: Predecessor): Promise<() => void> {
    if (document.mount === null || device === null) return () => undefined;
    const { info, real, connection } = document.mount;
    return this.#parts.mounting.adopt(info, real, device, connection);
  }

  /** @throws SherinError; what was open before is open again then */
  async #hand(
    successor: Successor,
    mount: HandingMount | null,
    peer: Caller,
    listener: number,
  ): Promise<'handed' | 'lost'> {
    const session = this.#session();
    // No connection is answered from here on: nothing stands until this process goes on, where it does.
    this.#parts.standing.lapse();
    const { keyring, writing, records } = session;
    const meta = { version: successor.version };
    records.note({ event: 'AUDIT_UPGRADE', id: null, actor: actorOf(peer), meta }, true);
    await writing.durability.sealAll();
    await writing.storeOrphans();
    if (!writing.durability.allSealed) throw refused('some of what programs have written can not be sealed');
    await this.#alone();
    const handed = mount?.hand() ?? null;
    const written: HandingDocument = {
      v: documentVersion,
      mount: mount &&
        handed && {
          info: { ...mount.info, driver: 'native' },
          real: handed.real,
          connection: handed.state,
        },
      orphans: handOrphans(writing),
      nextInode: session.manifest.nextInode,
    };
    const document = writeDocument(written);
    try {
      const descriptors = { listener, document, device: handed?.device ?? null, key: handedKey(keyring) };
      await this.#handClosed(successor, session, written, descriptors);
    } finally {
      keyring.takeBack();
      closeSync(document);
    }
    // No way back: it may have taken requests. Where it was killed, what watches over the mount clears it once this process has ended, too.
    this.#gone = true;
    this.#parts.standing.end();
    this.#parts.sealed();
    keyring.wipe();
    this.#lost = !(await successor.serves());
    if (this.#lost) await successor.end();
    return this.#lost ? 'lost' : 'handed';
  }

  async #handClosed(
    successor: Successor,
    session: Session,
    written: HandingDocument,
    descriptors: Omit<HandedDescriptors, 'vault'>,
  ): Promise<void> {
    try {
      await this.#closeVault(session);
      await successor.take({ ...descriptors, vault: this.#parts.locked.fd });
      await successor.go();
    } catch (error) {
      // Two of them must not have it open.
      await successor.end();
      await this.#goOn(session.keyring, written);
      throw error;
    }
  }

  /** All is on disk, and nothing of this process writes there any more; keys stay. */
  async #closeVault(session: Session): Promise<void> {
    await this.#parts.reader.stop();
    await session.close();
    await this.#parts.locked.tpm.leave();
  }

  /** Nobody relies on cubes that no record refers to. @throws SherinError UPGRADE_REFUSED */
  async #alone(): Promise<void> {
    const end = performance.now() + alonePatience;
    while (this.#parts.lock.holders > 0) {
      if (performance.now() > end) throw refused('files are being put or removed');
      await sleep(5);
    }
  }

  /** As before: the vault is open here. */
  async #goOn(keyring: Keyring, { orphans, ...rest }: HandingDocument): Promise<void> {
    try {
      const session = await this.#parts.open({ keyring, nextInode: rest.nextInode });
      await restoreOrphans(session.writing, parseDocument({ ...rest, mount: null, orphans }).orphans);
    } catch (error) {
      this.#parts.log.error({ err: error }, 'the vault could not be opened again');
      this.#parts.sealed();
    }
  }

  /** @throws SherinError UPGRADE_REFUSED */
  #session(): Session {
    const session = this.#parts.current();
    if (session === null) throw refused('the vault is locked');
    return session;
  }
}

/** @throws SherinError UPGRADE_REFUSED where the machine has no place for it */
function handedKey(keyring: Keyring): number {
  try {
    return keyring.handOver();
  } catch (error) {
    const part = `the keys can not be handed over safely (${systemCode(error) ?? 'unknown'})`;
    throw new SherinError('UPGRADE_REFUSED', { part }, { cause: error });
  }
}

function refused(part: string): SherinError {
  return new SherinError('UPGRADE_REFUSED', { part });
}
