import type { EncodeOptions, Keyring } from '../../../native/index.js';
import type { LockedVault } from '../../vault/locked-vault.js';

/** How cubes of a vault are encrypted, for owner 0. */
export function encodeOptions(locked: LockedVault, keyring: Keyring): EncodeOptions {
  return { keyring, vaultFd: locked.fd, uuid: locked.uuid, owner: 0, pad: locked.header.pad };
}
