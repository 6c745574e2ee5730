import type { Places } from '../../common/environment.js';
import type { Status } from '../../daemon/protocol/control.js';
import { type Secret, system } from '../../native/index.js';
import { AuditLog } from '../audit/log.js';
import { Manifest } from '../manifest/manifest.js';
import { createVault, type VaultDraft } from '../vault/create.js';
import { uuidBytes } from '../vault/header.js';
import type { PinnedHead } from '../vault/pinned-head.js';
import { systemActor } from './actor.js';
import { auditKeys, manifestKeys } from './session/key-uses.js';
import { tpmOf } from './status.js';

export interface NewVault {
  readonly pin: Secret | null;
  readonly pcrs: readonly number[];
  readonly pad: '4k' | 'vertex' | 'cube';
  readonly owned: boolean;
  /** Where the recovery key goes before the vault is one, so that there is none whose key nobody has; a vault that is whole keeps it there. */
  readonly out?: { write(recovery: Secret): void; keep(): void };
  readonly signal?: AbortSignal;
}

export interface CreatedWhole {
  /** Wiped by the caller. */
  readonly recovery: Secret;
  readonly tpm: Status['tpm'];
}

/** Makes a vault with an empty tree and the first audit record. @throws SherinError as {@link createVault} */
export async function createWhole(where: Places, options: NewVault): Promise<CreatedWhole> {
  let head: PinnedHead = { size: 0, root: Buffer.alloc(32), nv: 0n };
  const { vault, keyring, recovery } = await createVault({
    ...options,
    path: where.vault,
    places: where,
    bank: 'sha256',
    populate: async (draft) => {
      head = await populate(draft);
      options.out?.write(draft.recovery);
    },
  });
  options.out?.keep();
  try {
    await vault.pin(head);
    return { recovery, tpm: tpmOf(vault.header) };
  } finally {
    keyring.wipe();
    await vault.close();
  }
}

/** The first audit log and manifest, in place before the header makes the directory a vault. */
async function populate(draft: VaultDraft): Promise<PinnedHead> {
  const { directory, keyring, header, headerHash } = draft;
  const uuid = uuidBytes(header);
  const audit = await AuditLog.open({
    dir: directory.inside('audit'),
    uuid,
    ...auditKeys(keyring),
    write: system.writeDurably,
    expect: null,
  });
  try {
    await audit.append({
      event: 'AUDIT_INIT',
      id: null,
      actor: systemActor,
      meta: { slots: header.slots.length },
    });
    const manifest = Manifest.create({
      path: directory.inside('manifest.db'),
      ...manifestKeys(keyring),
      uuid,
      header: () => ({ generation: header.generation, hash: headerHash }),
      auditHead: () => audit.head(),
      counter: () => draft.counter,
    });
    const { size, root, nv } = manifest.head;
    manifest.close();
    return { size, root, nv };
  } finally {
    await audit.close();
  }
}
