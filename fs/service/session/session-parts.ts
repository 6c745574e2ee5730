import type { Admins } from '../../../common/admins.js';
import type { CubeReader, EncodeOptions, Keyring } from '../../../native/index.js';
import type { Anchoring } from '../../audit/anchoring.js';
import type { AuditLog } from '../../audit/log.js';
import type { CubeLock } from '../../cube/cube-lock.js';
import type { CubeStore } from '../../cube/store.js';
import type { LogCopy } from '../../log-copy/log-copy.js';
import type { Manifest } from '../../manifest/manifest.js';
import type { BotFolders } from '../../mount/bots/folders.js';
import type { Journal } from '../../writing/journal/journal.js';
import type { WritingListener } from '../../writing/listener.js';
import type { Standing } from '../standing.js';
import type { VaultEvents } from '../vault-events.js';
import type { RollbackGuard } from './rollback-guard.js';

/** What a session is made of. */
export interface SessionParts {
  readonly uuid: Buffer;
  readonly auditDir: string;
  readonly keyring: Keyring;
  readonly manifest: Manifest;
  readonly audit: AuditLog;
  /** Heads of the log are kept elsewhere; null: nobody asked for it. */
  readonly anchoring: Anchoring | null;
  readonly guard: RollbackGuard;
  readonly reader: CubeReader;
  readonly store: CubeStore;
  readonly journal: Journal;
  readonly logCopy: LogCopy;
  readonly lock: CubeLock;
  readonly admins: Admins;
  readonly bots: BotFolders;
  /** Has the TPM release the key of this vault once more. */
  readonly askTpm: () => Promise<void>;
  /** How cubes are encrypted; each with the owner of its file, where that counts. */
  readonly encode: EncodeOptions;
  /** IDs depend on the owner's uid. */
  readonly owned: boolean;
  /** Bytes that programs may have of the disk of the vault. */
  readonly available: () => Promise<number>;
  /** Kernel caches hold something that is no longer true. */
  readonly invalidate: () => void;
  readonly events: VaultEvents;
  readonly standing: Standing;
  /** Told what becomes of what programs wrote. */
  readonly listener: WritingListener;
}
