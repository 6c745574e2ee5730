import type { Status } from '../../../daemon/protocol/control.js';
import type { BotFolders } from '../../mount/bots/folders.js';
import type { Session } from './session.js';

/** What the mount sees of the service: it reads, it never changes the vault's state beyond unsealing. */
export interface VaultView {
  readonly vaultPath: string;
  readonly uuid: Buffer;
  /** Bots that are open. */
  readonly folders: BotFolders;
  /** Nothing may be changed. */
  readonly frozen: boolean;
  /** The session, or null while locked; never unseals. */
  current(): Session | null;
  /** The session; a sealed vault is opened with the TPM first. @throws SherinError LOCKED, PIN_NEEDED, TPM_* */
  unlocked(): Promise<Session>;
  /** The session, with everything sealed that programs have changed so far; what can not be sealed now is left out. @throws as unlocked */
  settled(): Promise<Session>;
  status(): Promise<Status>;
}
