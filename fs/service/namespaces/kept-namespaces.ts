/** The settings of namespaces as they lie in the vault: written there first, then in force. */
import type { Admins } from '../../../common/admins.js';
import { SherinError } from '../../../common/errors.js';
import { jcs } from '../../../common/jcs.js';
import type { Logger } from '../../../common/log.js';
import {
  type NamespaceSettings,
  type NamespacesRecord,
  type NamespaceTable,
  namespacesRecordSchema,
  noNamespaces,
  settingsOf,
} from '../../../common/namespaces/record.js';
import type { Peer } from '../../../native/ipc.js';
import { namespaceBelow } from '../../manifest/namespaces.js';
import { treePath } from '../../tree-path.js';
import { actorOf } from '../actor.js';
import { PolicyRecord } from '../session/policy-record.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';
import { assignNamespace } from './assigning.js';

/** What the vault has; null where that can't be read. @throws SherinError LOCKED */
export async function readNamespaces(session: Session, log: Logger): Promise<NamespacesRecord | null> {
  try {
    const bytes = await new PolicyRecord(session, 'namespaces').read();
    return bytes === null ? noNamespaces : namespacesRecordSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    const code = error instanceof SherinError ? error.code : 'malformed';
    log.error({ code }, 'the settings of namespaces can not be read: the TPM is asked at every open');
    return null;
  }
}

export interface KeptNamespacesParts {
  readonly vault: VaultView;
  readonly admins: Admins;
  /** No slot comes or goes while settings change. */
  readonly keys: {
    inTurn<T>(step: () => Promise<T>): Promise<T>;
    /** Why the TPM can not be asked at each open; null: it can. */
    readonly unaskable: SherinError | null;
  };
  /** Takes back what is opened without a decision. */
  readonly withdraw: () => Promise<void>;
}

export interface Assigned {
  /** Null: the directory had none of its own. */
  readonly before: string | null;
  /** That of what is written below it now. */
  readonly namespace: string;
}

export class KeptNamespaces {
  readonly #parts: KeptNamespacesParts;

  constructor(parts: KeptNamespacesParts) {
    this.#parts = parts;
  }

  /** Null: they can't be read. @throws SherinError LOCKED, TPM_* */
  async list(): Promise<NamespacesRecord | null> {
    return (await this.#parts.vault.unlocked()).namespaces.record;
  }

  /**
   * Puts other settings in the place of all that are there. In force when it resolves, for every open from then on.
   * @param version that they had; null: whichever
   * @returns the new version
   * @throws SherinError DENIED for all but administrators, which is recorded; NAMESPACE_TPM, NAMESPACES_CHANGED, AUDIT_UNWRITABLE, NO_SPACE,
   * IO, LOCKED
   */
  set(namespaces: NamespaceTable, version: number | null, peer: Peer): Promise<number> {
    return this.#parts.keys.inTurn(async () => {
      const session = await this.#parts.vault.unlocked();
      await this.#requireAdmin(session, 'namespaces.set', peer);
      const before = session.namespaces.record ?? noNamespaces;
      if (version !== null && version !== before.version)
        throw new SherinError('NAMESPACES_CHANGED', { version: before.version });
      const record = namespacesRecordSchema.parse({ ...before, version: before.version + 1, namespaces });
      this.#requireAskable(before, record);
      await session.records.record({
        ...{ event: 'AUDIT_NAMESPACES', id: null, actor: actorOf(peer) },
        meta: { version: record.version, ...unusual(record) },
      });
      await new PolicyRecord(session, 'namespaces').write(Buffer.from(jcs(record)));
      session.namespaces.take(record);
      await this.#parts.withdraw();
      return record.version;
    });
  }

  /**
   * As {@link assignNamespace}, of a directory by its path, for every open from then on when it resolves; null: what it has is taken away.
   * @throws SherinError DENIED for all but administrators, which is recorded; PATH_MISSING; as {@link assignNamespace}
   */
  async assign(path: string, namespace: string | null, peer: Peer): Promise<Assigned> {
    const session = await this.#parts.vault.unlocked();
    await this.#requireAdmin(session, 'namespaces.assign', peer);
    const found = session.tree.find(treePath(path));
    if (found === undefined) throw new SherinError('PATH_MISSING', { path });
    const given = namespace === null ? null : { value: namespace, flags: 0 };
    const before = await assignNamespace(session, found.ino, given, peer);
    await this.#parts.withdraw();
    return { before, namespace: namespaceBelow(session.tree, found.ino) };
  }

  async #requireAdmin({ records }: Session, call: string, peer: Peer): Promise<void> {
    if (this.#parts.admins.hasPeer(peer)) return;
    await records.denied(call, null, peer);
    throw new SherinError('DENIED', { uid: peer.uid, what: 'change namespaces' });
  }

  /** Where nothing could answer, nothing begins to ask. */
  #requireAskable(before: NamespacesRecord, after: NamespacesRecord): void {
    const begins = Object.entries(after.namespaces).some(
      ([name, { unseal }]) => unseal === 'per-open' && settingsOf(before, name).unseal !== 'per-open',
    );
    const unaskable = begins ? this.#parts.keys.unaskable : null;
    if (unaskable !== null) throw unaskable;
  }
}

/** Namespaces by what is set for them, for the record; those of no kind are left out. */
function unusual({ namespaces }: NamespacesRecord): Record<string, string> {
  const named = (holds: (settings: NamespaceSettings) => boolean) =>
    Object.entries(namespaces).flatMap(([name, settings]) => (holds(settings) ? [name] : []));
  const kinds = {
    perOpen: named(({ unseal }) => unseal === 'per-open'),
    all: named(({ opens }) => opens === 'all'),
    off: named(({ opens }) => opens === 'off'),
  };
  const there = Object.entries(kinds).filter(([, names]) => names.length > 0);
  return Object.fromEntries(there.map(([kind, names]) => [kind, names.join()]));
}
