/** Secrets travel as descriptors from the terminal or the caller to sherin-fs; JavaScript never reads them. */
import { closeSync, openSync } from 'node:fs';
import { SherinError, systemCode } from '../../common/errors.js';
import { unlockedMemory } from '../../common/key-memory.js';
import { reason } from '../../common/local-error.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { Status } from '../../daemon/protocol/control.js';
import { closeSecretMemfd, copySecretToMemfd, readSecretToMemfd } from '../../native/ipc.js';

/** By what the vault is to be opened; the TPM where nothing else is said. A descriptor stands for what would be asked on the terminal. */
export interface UnlockWish {
  readonly recovery: boolean;
  readonly recoveryFd: number | undefined;
  readonly pinFd: number | undefined;
  /** Number of the TPM slot. */
  readonly slot?: number | undefined;
  readonly acceptRollback: boolean;
  readonly passphrase?: boolean;
  readonly passphraseFd?: number | undefined;
}

/** True when no TPM slot of the vault opens without a PIN, or that one does not. */
export function wantsPin(status: Status, only?: number): boolean {
  const asked = status.vault.slots.filter(
    ({ id, type }) => type === 'tpm2' && (only === undefined || id === only),
  );
  return asked.length > 0 && asked.every(({ pin }) => pin);
}

/**
 * Unlocks with the recovery key, a passphrase or the TPM slot, asking on the terminal for what has no descriptor; in a vault without
 * a TPM slot it asks for what there is.
 */
export async function unlock(client: ControlClient, wish: UnlockWish): Promise<void> {
  const { acceptRollback } = wish;
  if (wish.recovery || acceptRollback || wish.recoveryFd !== undefined) {
    await withSecret(wish.recoveryFd, 'Recovery key: ', '--recovery-fd N', (fd) =>
      client.call('unlock', { slot: 'recovery', acceptRollback }, { fds: [fd] }),
    );
    return;
  }
  if (wish.passphrase === true || wish.passphraseFd !== undefined) {
    await withSecret(wish.passphraseFd, 'Passphrase: ', '--passphrase-fd N', (fd) =>
      client.call('unlock', { slot: 'passphrase' }, { fds: [fd] }),
    );
    return;
  }
  const status = await client.call('status', {});
  const has = (type: string): boolean => status.vault.slots.some((slot) => slot.type === type);
  if (!has('tpm2')) {
    if (wish.pinFd !== undefined || wish.slot !== undefined || !hasTerminal())
      throw new SherinError('SLOT_REFUSED', { slot: 'TPM', part: 'this vault has none' });
    await unlock(client, { ...wish, recovery: has('recovery'), passphrase: !has('recovery') });
    return;
  }
  const only = wish.slot === undefined ? {} : { only: wish.slot };
  if (wish.pinFd === undefined && !wantsPin(status, wish.slot)) {
    await client.call('unlock', { slot: 'tpm', ...only, acceptRollback });
    return;
  }
  await withSecret(wish.pinFd, 'PIN of the vault: ', '--pin-fd N', (fd) =>
    client.call('unlock', { slot: 'tpm', ...only, acceptRollback }, { fds: [fd] }),
  );
}

/** Runs `use` with what the caller's descriptor gives, or with what is typed at the terminal. */
export async function withSecret<T>(
  given: number | undefined,
  prompt: string,
  flag: string,
  use: (fd: number) => Promise<T>,
): Promise<T> {
  const fd = given === undefined ? ask(prompt, flag) : copy(given, flag);
  try {
    return await use(fd);
  } finally {
    closeSecretMemfd(fd);
  }
}

/** As {@link withSecret}, for one that begins to count: what is typed is asked for twice, and sherin-fs compares. */
export async function withNewSecret<T>(
  given: number | undefined,
  what: string,
  flag: string,
  use: (fds: readonly number[]) => Promise<T>,
): Promise<T> {
  return withSecret(given, `New ${what}: `, flag, (fd) =>
    given === undefined
      ? withSecret(undefined, 'The same again: ', flag, (again) => use([fd, again]))
      : use([fd]),
  );
}

/** sherin-fs gets a memory file: it must never wait for a pipe. */
function copy(given: number, flag: string): number {
  try {
    return copySecretToMemfd(given);
  } catch (error) {
    const unlocked = unlockedMemory(error);
    if (unlocked !== null) throw unlocked;
    const tooLong = error instanceof Error && 'code' in error && error.code === 'EMSGSIZE';
    const part = tooLong ? 'it gives more than 1024 bytes' : reason(error);
    throw new SherinError('USAGE', { what: `${flag.replace(/N$/, String(given))} can not be read: ${part}` });
  }
}

function ask(prompt: string, flag: string): number {
  const terminal = openTerminal();
  if (terminal === null) {
    throw new SherinError('USAGE', {
      what: `there is no terminal to ask at; give a descriptor with ${flag}`,
    });
  }
  try {
    return readSecretToMemfd(terminal, prompt);
  } catch (error) {
    if (systemCode(error) !== 'EINTR') throw error;
    throw new SherinError('INTERRUPTED', { what: 'nothing was typed' }, { cause: error });
  } finally {
    closeSync(terminal);
  }
}

export function hasTerminal(): boolean {
  const terminal = openTerminal();
  if (terminal !== null) closeSync(terminal);
  return terminal !== null;
}

/** The terminal of this session, or null. */
export function openTerminal(): number | null {
  try {
    return openSync('/dev/tty', 'r+');
  } catch {
    return null;
  }
}
