import { command, descriptor, flag, number } from '../definition.js';
import { unlock as openVault } from '../service/secret.js';
import { requireOneSource } from '../service/secret-sources.js';

export const lock = command({
  name: 'lock',
  summary: 'Wipe keys and caches; every open and read answers EACCES',
  details: [
    'What a program has already read it keeps.',
    'What programs have written is sealed first. Where that fails the vault is locked all the same; exit code 1, and a sentence that says what is kept in the journal.',
  ],
  examples: [{ text: 'Before leaving the desk', line: 'sherinctl lock' }],
  run: async (session) => {
    await session.connect().call('lock', {});
    session.output.result({ state: 'locked' }, () => session.output.line('locked'));
  },
});

export const unlock = command({
  name: 'unlock',
  summary: 'Open the vault with the TPM, its PIN, the recovery key or a passphrase',
  details: [
    'PIN, recovery key and passphrase come from the terminal or from a descriptor, never from an argument.',
    'Where a TPM slot wants no PIN none is asked for, unless --slot names one that does. A PIN that is given is tried with slots that want one.',
    'In a vault without a TPM slot the recovery key is asked for, or the passphrase where there is none.',
    'Where several TPM slots have a PIN, one that is given is tried with the first of them alone, as the TPM counts what is wrong; --slot names another.',
    'On an open vault a recovery key, a passphrase, or a PIN that a slot wants is checked all the same: that is how to test one. --slot alone checks nothing there.',
  ],
  options: {
    recovery: flag('--recovery', 'ask for the recovery key on the terminal'),
    recoveryFd: descriptor('--recovery-fd <n>', 'read the recovery key from descriptor n'),
    passphrase: flag('--passphrase', 'ask for a passphrase on the terminal'),
    passphraseFd: descriptor('--passphrase-fd <n>', 'read a passphrase from descriptor n'),
    pinFd: descriptor('--pin-fd <n>', 'read the PIN from descriptor n'),
    slot: number('--slot <n>', 'the TPM slot that the PIN is of, as key list shows it', {
      least: 0,
      most: 255,
    }),
    acceptRollback: flag(
      '--accept-rollback',
      'open a vault that was put back to an older state, on purpose, with the recovery key',
    ),
  },
  examples: [
    { text: 'With the TPM', line: 'sherinctl unlock' },
    { text: 'Test a recovery key that was written down', line: 'sherinctl unlock --recovery' },
    { text: 'With the recovery key', line: 'sherinctl unlock --recovery-fd 3 3< recovery.txt' },
  ],
  run: async (session, _args, wish) => {
    requireOneSource(wish);
    await openVault(session.connect(), wish);
    session.output.result({ state: 'unlocked' }, () => session.output.line('unlocked'));
  },
});
