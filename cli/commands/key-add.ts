import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { Exit } from '../../common/exit.js';
import { closeSecretMemfd, sealMemfd, secretMemfd } from '../../native/ipc.js';
import { command, descriptor, flag, group, text } from '../definition.js';
import { pcrList, refuseIdlePin, sealOptions } from '../service/key-slots.js';
import { withNewSecret } from '../service/secret.js';
import { runSherinFs } from '../service/sherin-fs.js';
import type { Session } from '../session.js';

/** 56 characters in 7 groups, and a line end. */
const recoveryKeyBytes = 63;

function told(session: Session, slot: number): void {
  session.output.result({ slot }, () => session.output.line(`slot ${slot} is added`));
}

const tpm = command({
  name: 'tpm',
  summary: 'Seal the vault to the TPM once more, with or without a PIN',
  options: { ...sealOptions, pinFd: descriptor('--pin-fd <n>', 'read the PIN from descriptor n') },
  examples: [
    { text: 'With a PIN', line: 'sherinctl key add tpm' },
    { text: 'To other PCRs, without one', line: 'sherinctl key add tpm --no-pin --pcrs 4,7' },
  ],
  run: async (session, _args, { pin, pcrs, bank, pinFd }) => {
    refuseIdlePin(pin, pinFd);
    const client = session.connect();
    const wish = { pcrs: pcrList(pcrs), bank };
    const call = (fds: readonly number[]) => client.call('key.add-tpm', wish, { fds });
    const { slot } = pin === false ? await call([]) : await withNewSecret(pinFd, 'PIN', '--pin-fd N', call);
    told(session, slot);
  },
});

const passphrase = command({
  name: 'passphrase',
  summary: 'Add a passphrase, which opens the vault without a TPM',
  details: [
    'At least 8 characters. Whoever has a copy of the vault can try passphrases as often as the machine allows: take several words that nobody guesses.',
  ],
  options: { passphraseFd: descriptor('--passphrase-fd <n>', 'read the passphrase from descriptor n') },
  examples: [{ text: 'Asked for on the terminal', line: 'sherinctl key add passphrase' }],
  run: async (session, _args, { passphraseFd }) => {
    const client = session.connect();
    const { slot } = await withNewSecret(passphraseFd, 'passphrase', '--passphrase-fd N', (fds) =>
      client.call('key.add', { type: 'passphrase' }, { fds }),
    );
    told(session, slot);
  },
});

const recovery = command({
  name: 'recovery',
  summary: 'Make one more recovery key',
  details: [
    'It is shown once and must be acknowledged before it opens anything. Those that are there stay: remove what was lost with key remove.',
  ],
  options: {
    yes: flag('--yes', 'do not ask; takes the recovery key as seen'),
    recoveryOut: text(
      '--recovery-out <file>',
      'write the recovery key to this new file (0600) instead',
      'file',
    ),
  },
  examples: [
    { text: 'On the terminal', line: 'sherinctl key add recovery' },
    { text: 'For a script', line: 'sherinctl key add recovery --recovery-out /media/usb/vault.recovery' },
  ],
  run: async (session, _args, { yes, recoveryOut }) => {
    const client = session.connect();
    // A vault that is closed takes no key: said before one is shown.
    await client.call('audit.head', {});
    const fd = secretMemfd(recoveryKeyBytes);
    try {
      const flags = ['--key-fd', String(fd)];
      if (yes) flags.push('--yes');
      if (recoveryOut !== undefined) flags.push('--recovery-out', resolve(recoveryOut));
      const exit = await runSherinFs(['recovery-key', ...flags], fd);
      if (exit !== Exit.done) return exit;
      sealMemfd(fd);
      const read = openSync(`/proc/self/fd/${fd}`, 'r');
      try {
        const { slot } = await client.call('key.add', { type: 'recovery' }, { fds: [read] });
        told(session, slot);
      } finally {
        closeSync(read);
      }
      return Exit.done;
    } finally {
      closeSecretMemfd(fd);
    }
  },
});

export const add = group(
  {
    name: 'add',
    summary: 'Add a key slot',
    examples: [{ text: 'A passphrase', line: 'sherinctl key add passphrase' }],
  },
  [tpm, recovery, passphrase],
);
