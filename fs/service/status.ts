import type { SherinError } from '../../common/errors.js';
import { version } from '../../common/version.js';
import type { Status } from '../../daemon/protocol/control.js';
import type { CubeReader } from '../../native/index.js';
import type { Header } from '../vault/header.js';
import type { LockedVault } from '../vault/locked-vault.js';
import { tpmSlotOf } from '../vault/tpm-slots.js';
import type { ReencryptionState } from './keys/reencryption.js';
import type { IdleLock } from './locking/idle-lock.js';
import type { SleepWatch } from './locking/sleep-watch.js';
import type { Measures } from './measures.js';
import type { Mounted, PastMount } from './mounting/mounting.js';
import { keyMemory } from './session/key-memory.js';
import type { Session } from './session/session.js';

export interface StatusParts {
  readonly locked: LockedVault;
  readonly session: Session | null;
  readonly state: Status['vault']['state'];
  readonly refused: SherinError | null;
  readonly mounted: Mounted | null;
  readonly past: readonly PastMount[];
  readonly reader: CubeReader;
  readonly wholeCube: boolean;
  readonly measures: Measures;
  readonly frozen: boolean;
  /** What is to be encrypted anew after a rekey; null: nothing. */
  readonly rekey: ReencryptionState | null;
  readonly idleLock: IdleLock;
  /** None: it is not locked before the machine sleeps. */
  readonly sleepWatch: SleepWatch | null;
}

/** Which TPM opens the vault, in the words that every status uses. */
export function tpmOf(header: Header): Status['tpm'] {
  const slot = tpmSlotOf(header);
  if (slot === null) return { kind: 'none', text: 'none' };
  if (slot.kind === 'software') return { kind: 'software', text: 'software (not hardware-protected)' };
  return { kind: 'hardware', text: slot.device };
}

/** The state on one screen; asks neither disk nor TPM. */
export async function statusOf(parts: StatusParts): Promise<Status> {
  const { locked, session, mounted, past, reader, measures } = parts;
  const { header } = locked;
  const stats = reader.stats();
  const counts = session?.manifest.tree.counts();
  const head = session?.manifest.head;
  const audit = session?.records.head();
  return {
    version,
    vault: {
      path: locked.path,
      uuid: header.uuid,
      state: parts.state,
      reason: session === null ? (parts.refused?.failure ?? null) : null,
      slots: header.slots.map((slot) => ({
        id: slot.id,
        type: slot.type,
        pin: slot.type === 'tpm2' && slot.pin,
      })),
      generation: header.generation,
      shared: header.owned,
      rekey: parts.rekey === null ? null : { ...parts.rekey, former: [...parts.rekey.former] },
      frozen: parts.frozen,
      autoLock: {
        ...{ seconds: parts.idleLock.seconds, left: parts.idleLock.left() },
        beforeSleep: parts.sleepWatch === null ? 'off' : parts.sleepWatch.watching ? 'on' : 'waiting',
      },
    },
    tpm: tpmOf(header),
    fs: {
      pid: process.pid,
      uptimeSeconds: Math.round(process.uptime()),
      memoryBytes: process.memoryUsage.rss(),
      keyMemory: keyMemory(),
      verify: parts.wholeCube ? 'cube' : 'vertex',
    },
    mount: mounted,
    past: past.map(({ path, end }) => ({ path, end: String(end) })),
    tree:
      session === null || counts === undefined || head === undefined
        ? null
        : {
            files: counts.inodes,
            objects: counts.objects,
            cubes: session.manifest.cubeCount(),
            quarantined: [...session.manifest.tree.quarantine()].length,
            logSize: head.size,
          },
    head:
      head === undefined
        ? null
        : { size: head.size, root: head.root.toString('hex'), time: String(head.time), nv: String(head.nv) },
    audit: {
      size: audit?.size ?? 0,
      writable: session?.records.writable ?? true,
      anchors: session?.anchors ?? null,
    },
    logCopy: session?.logCopy.state ?? null,
    journal: { refused: session?.journal.kept ?? 0 },
    reads: {
      served: stats.servedBytes,
      decrypted: stats.decryptedBytes,
      hits: stats.hits,
      misses: stats.misses,
      faults: stats.faults,
      cached: stats.cachedBytes,
    },
    unseals: measures.unseals,
    syncs: { buckets: [...measures.syncs.buckets], seconds: measures.syncs.seconds },
  };
}
