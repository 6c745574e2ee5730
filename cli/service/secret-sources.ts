/** Each secret that is named is used: one that would be left untried must not look as if it counted. */
import { SherinError } from '../../common/errors.js';
import type { UnlockWish } from './secret.js';

/** Flags with what was given for them: true, or a number. */
type Flags = Readonly<Record<string, boolean | number | undefined>>;

/** Only one secret opens the vault. @throws SherinError USAGE */
export function requireOneSource(wish: UnlockWish): void {
  const { recovery, recoveryFd, passphrase, passphraseFd, pinFd, slot, acceptRollback } = wish;
  const recoveryKey = { '--recovery-fd': recoveryFd, '--recovery': recovery };
  const words = { '--passphrase-fd': passphraseFd, '--passphrase': passphrase };
  requireOne({ ...recoveryKey, ...words, '--pin-fd': pinFd });
  // Of the TPM slot.
  requireOne({ ...recoveryKey, ...words, '--slot': slot });
  // With the recovery key.
  requireOne({ '--accept-rollback': acceptRollback, ...words, '--pin-fd': pinFd });
  requireOne({ '--accept-rollback': acceptRollback, '--slot': slot });
}

/** @throws SherinError USAGE that names the first two of several that are given */
export function requireOne(flags: Flags): void {
  const [first, second] = Object.keys(flags).filter(
    (name) => flags[name] !== undefined && flags[name] !== false,
  );
  if (second === undefined) return;
  throw new SherinError('USAGE', {
    what: `${first} and ${second} do not go together: leave one of them out`,
  });
}
