import { sherinPrefix } from '../../../common/sherin-xattrs.js';
import { nowNanoseconds } from '../../../common/time.js';
import { Encoder } from '../../../native/index.js';
import type { Peer } from '../../../native/ipc.js';
import type { AuditEvent } from '../../audit/event.js';
import type { CubeLock } from '../../cube/cube-lock.js';
import type { CubeStore } from '../../cube/store.js';
import type { Mutation } from '../../manifest/records.js';
import type { Tree } from '../../manifest/tree.js';
import type { Invalidation } from '../../mount/driver.js';
import type { Refusal } from '../../mount/source.js';
import { Import, type ImportTotals } from '../../transfer/import.js';
import type { PlannedChange } from '../../transfer/import-tree.js';
import type { Staging } from '../../transfer/staging.js';
import type { LockedVault } from '../../vault/locked-vault.js';
import { actorOf, systemActor } from '../actor.js';
import { invalidationOf } from '../mounting/invalidation-of.js';
import { placeOfPath } from '../rules/places.js';
import { encodeOptions } from '../session/encode-options.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';

/** After an import the tree is brought into its compact form, once nobody waits for an answer any more. */
const compactAfterMs = 200;

export interface ImportingParts {
  readonly vault: VaultView;
  readonly locked: LockedVault;
  readonly store: CubeStore;
  readonly lock: CubeLock;
  readonly note: (event: AuditEvent) => Promise<void>;
  /** @throws SherinError FROZEN */
  readonly requireThawed: () => void;
  /** Answers when the kernel has dropped what it held. */
  readonly invalidate: (what: Invalidation) => Promise<void>;
}

function importRefusal(
  { rules, tree }: Session,
  { operation, path, ino, kind }: PlannedChange,
  peer: Peer,
): Refusal {
  const guard = rules.guard();
  if (ino !== null && operation === 'write') return guard?.refusal(operation, { ino }, peer);
  const { namespace, ...place } = placeOfPath(tree, path);
  return guard?.placeRefusal(operation, { ...place, namespace: kind === 'file' ? namespace : null }, peer);
}

/** Where tasks lie, and namespaces of directories, are no attributes of a source: they stay as they are now. */
function withOwnXattrs(tree: Tree, mutation: Mutation): Mutation {
  if (mutation.type !== 'attributes') return mutation;
  const isOwn = ([name]: readonly [Buffer, Buffer]): boolean =>
    name.toString('latin1').startsWith(sherinPrefix);
  const own = tree.inode(mutation.inode)?.xattrs.filter(isOwn) ?? [];
  const { attributes } = mutation;
  if (own.length === 0) return mutation;
  const xattrs = [...attributes.xattrs.filter((xattr) => !isOwn(xattr)), ...own];
  return { ...mutation, attributes: { ...attributes, xattrs } };
}

/** Imports into one vault: each begun for a peer, committed batch by batch. */
export class Importing {
  readonly #parts: ImportingParts;

  constructor(parts: ImportingParts) {
    this.#parts = parts;
  }

  /** @throws SherinError LOCKED, TPM_*, AUDIT_UNWRITABLE, NOT_DIRECTORY */
  async begin(destination: string, checksum: boolean, peer: Peer): Promise<Import> {
    const { vault, locked, store, lock } = this.#parts;
    const session = await vault.settled();
    await session.records.record({ event: 'AUDIT_PUT', id: null, actor: actorOf(peer), meta: {} });
    const { owned } = locked.header;
    const context = {
      manifest: session.manifest,
      refused: session.refused,
      store,
      lock,
      encoder: new Encoder(),
      encode: encodeOptions(locked, session.keyring),
      owned,
      forced: peer.uid === 0 ? null : { uid: peer.uid, gid: peer.gid },
      checksum,
      refusal: (change: PlannedChange) => importRefusal(session, change, peer),
      commit: (batch: Staging) => this.#commit(session, batch),
      now: nowNanoseconds,
    };
    return new Import(context, destination);
  }

  async end({ files, bytes, newCubes }: ImportTotals): Promise<void> {
    const { vault, note } = this.#parts;
    await note({ event: 'AUDIT_PUT_DONE', id: null, actor: systemActor, meta: { files, bytes, newCubes } });
    const session = vault.current();
    if (session !== null) setTimeout(() => session.compact(), compactAfterMs).unref();
  }

  async #commit(session: Session, batch: Staging): Promise<void> {
    this.#parts.requireThawed();
    await this.#parts.store.commit(batch.cubes);
    const { tree } = session.manifest;
    let changed: Invalidation = { inodes: [] };
    const make = (): readonly Mutation[] => {
      const mutations = batch.mutationsOn(tree).map((mutation) => withOwnXattrs(tree, mutation));
      changed = invalidationOf(tree, mutations);
      return mutations;
    };
    await session.commitHeld(make, batch.nodes, batch.refs);
    await session.healed(batch.healed);
    await this.#parts.invalidate(changed);
  }
}
