/** Changes of the key slots while the vault is open: who may, one at a time, each recorded. */
import { SherinError } from '../../../common/errors.js';
import { unlockedMemory } from '../../../common/key-memory.js';
import { Turns } from '../../../common/turns.js';
import type { KeySlot } from '../../../daemon/protocol/keys.js';
import type { Secret } from '../../../native/index.js';
import type { AuditEvent } from '../../audit/event.js';
import type { Caller } from '../../mount/source.js';
import type { Slot } from '../../vault/header.js';
import * as slots from '../../vault/key-slots.js';
import type { KeyWork } from '../../vault/key-work.js';
import type { LockedVault } from '../../vault/locked-vault.js';
import { type Moved, moveTpm } from '../../vault/move-tpm.js';
import { type RekeyWish, rekey, rekeyed } from '../../vault/rekey.js';
import type { SealWish } from '../../vault/tpm-slot.js';
import { actorOf } from '../actor.js';
import { recoveryKey } from '../session/open-session.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';

export interface KeyChangesParts {
  readonly vault: VaultView;
  readonly locked: LockedVault;
  /** Told after each durable step of a change. */
  readonly reached?: KeyWork['reached'];
  /** The vault has a new master key. */
  readonly rekeyed?: () => void;
}

type Action = 'add' | 'remove' | 'rotate' | 'reseal' | 'move' | 'rekey';
type Result = { readonly slot: number };

export class KeyChanges {
  readonly #parts: KeyChangesParts;

  readonly #turns = new Turns();

  constructor(parts: KeyChangesParts) {
    this.#parts = parts;
  }

  /** Runs a step while no slot comes or goes. */
  inTurn<T>(step: () => Promise<T>): Promise<T> {
    return this.#turns.run(step);
  }

  /** Why the TPM can not be asked at each open; null: it can. */
  get unaskable(): SherinError | null {
    return this.#parts.locked.unaskable;
  }

  /** The slots, as the header has them. */
  list(): { readonly slots: readonly KeySlot[]; readonly counter: boolean } {
    const { slots, counter } = this.#parts.locked.header;
    return { slots: slots.map(shown), counter: counter !== null };
  }

  addTpm(wish: SealWish, peer: Caller): Promise<Result> {
    return this.#change('add', { type: 'tpm2' }, peer, async (work) => ({
      slot: await slots.addTpm(work, wish),
    }));
  }

  /** @param text as a person would type it */
  addRecovery(text: Secret, peer: Caller): Promise<Result> {
    return this.#change('add', { type: 'recovery' }, peer, async (work) => {
      const key = recoveryKey(text);
      try {
        return { slot: await slots.addRecovery(work, key) };
      } finally {
        key.wipe();
      }
    });
  }

  addPassphrase(words: Secret, peer: Caller): Promise<Result> {
    return this.#change('add', { type: 'passphrase' }, peer, async (work) => ({
      slot: await slots.addPassphrase(work, words),
    }));
  }

  remove(slot: number, force: boolean, peer: Caller): Promise<Result> {
    return this.#change('remove', { slot, force }, peer, async (work) => {
      await slots.removeSlot(work, slot, force);
      return { slot };
    });
  }

  /** Result: the slot that took its place, which may have another number. */
  rotate(slot: number, secret: Secret | null, peer: Caller): Promise<Result> {
    return this.#change('rotate', { slot }, peer, async (work) => {
      const found = this.list().slots.find(({ id }) => id === slot);
      const key = found?.type === 'recovery' && secret !== null ? recoveryKey(secret) : null;
      try {
        return { slot: await slots.rotateSlot(work, slot, key ?? secret) };
      } finally {
        key?.wipe();
      }
    });
  }

  reseal(slot: number, pin: Secret | null, peer: Caller): Promise<Result> {
    return this.#change('reseal', { slot }, peer, async (work) => ({
      slot: await slots.resealSlot(work, slot, pin),
    }));
  }

  /** @param keep slots that stay, each with its secret as a person would type it. @returns the new epoch. @throws also SherinError KEY_REKEYED where it was done all the same */
  async rekey({ keep, drop, force }: RekeyWish, peer: Caller): Promise<number> {
    const keys: Secret[] = [];
    const meta = { keep: keep.size, drop: drop.size };
    const before = this.#parts.locked.header.epoch;
    try {
      const { epoch } = await this.#change('rekey', meta, peer, async (work) => {
        const kept = [...keep].map(([id, secret]): [number, Secret | null] => {
          const found = this.list().slots.find((slot) => slot.id === id);
          if (found?.type !== 'recovery' || secret === null) return [id, secret];
          const key = recoveryKey(secret);
          keys.push(key);
          return [id, key];
        });
        return { epoch: await rekey(work, { keep: new Map(kept), drop, force }) };
      });
      return epoch;
    } finally {
      for (const key of keys) key.wipe();
      // Also where a step behind it failed.
      if (this.#parts.locked.header.epoch !== before) this.#parts.rekeyed?.();
    }
  }

  move(wish: SealWish, peer: Caller): Promise<Moved> {
    return this.#change('move', {}, peer, (work) => moveTpm(work, wish));
  }

  /** Records the wish, does it between two commits, records the outcome. @throws SherinError DENIED, LOCKED, AUDIT_UNWRITABLE */
  async #change<R extends Partial<Result> & { readonly epoch?: number }>(
    action: Action,
    about: AuditEvent['meta'],
    peer: Caller,
    step: (work: KeyWork) => Promise<R>,
  ): Promise<R> {
    const { vault, locked } = this.#parts;
    const session = await vault.unlocked();
    if (peer.uid !== 0 && peer.uid !== process.getuid?.()) {
      await session.records.denied('key', null, peer);
      throw new SherinError('DENIED', { uid: peer.uid ?? -1, what: 'change the keys of the vault' });
    }
    const actor = actorOf(peer);
    const meta = { action, ...about };
    await session.records.record({ event: 'AUDIT_KEY', id: null, actor, meta });
    let { epoch: before } = locked.header;
    try {
      const result = await this.inTurn(() => {
        // What another change has done meanwhile is none of this one.
        before = locked.header.epoch;
        return session.alone(() => step(keyWork(session, locked, this.#parts.reached)));
      });
      const { slot, epoch } = result;
      const outcome = { ...(slot === undefined ? {} : { slot }), ...(epoch === undefined ? {} : { epoch }) };
      const done = { ...meta, ...outcome, generation: locked.header.generation };
      await session.records.record({ event: 'AUDIT_KEY_DONE', id: null, actor, meta: done });
      return result;
    } catch (error) {
      const { epoch, generation } = locked.header;
      if (epoch !== before) {
        const done = { ...meta, epoch, generation, failed: codeOf(error) };
        session.records.note({ event: 'AUDIT_KEY_DONE', id: null, actor, meta: done }, true);
        throw error instanceof SherinError && error.code === 'KEY_REKEYED' ? error : rekeyed(epoch, error);
      }
      const refused = { ...meta, code: codeOf(error) };
      await session.records.refused({ event: 'AUDIT_KEY_REFUSED', id: null, actor, meta: refused });
      throw error;
    }
  }
}

function codeOf(error: unknown): string {
  return (error instanceof SherinError ? error : unlockedMemory(error))?.code ?? 'IO';
}

/** For one step between two commits. */
export function keyWork(
  { keyring, manifest, guard, namespaces }: Session,
  vault: LockedVault,
  reached?: KeyWork['reached'],
): KeyWork {
  return {
    vault,
    keyring,
    perOpen: namespaces.perOpen,
    namedGeneration: () => manifest.head.headerGeneration,
    renewHead: () => guard.renew(),
    follow: (counter, value) => guard.follow(counter, value),
    ...(reached === undefined ? {} : { reached }),
  };
}

function shown(slot: Slot): KeySlot {
  const { id, type, created = null } = slot;
  if (slot.type !== 'tpm2') return { id, type, created, tpm: null };
  const { kind, device, bank, pcrs, pin, slotGeneration: generation } = slot;
  return { id, type, created, tpm: { kind, device, bank, pcrs: [...pcrs], pin, generation } };
}
