import { SherinError } from '../../common/errors.js';
import { command, descriptor, flag, group } from '../definition.js';
import type { Output } from '../output/output.js';
import { formatTime } from '../output/units.js';
import { keySlots, slotIds, slotName } from '../service/key-slots.js';
import { withNewSecret, withSecret } from '../service/secret.js';
import { requireOne } from '../service/secret-sources.js';
import { add } from './key-add.js';
import { move } from './key-move.js';
import { rekey, rekeyWords } from './key-rekey.js';

const slotArg = {
  form: '<slot>',
  text: 'number of the slot, as key list shows it',
  completes: 'nothing',
} as const;
const slotArgs = {
  form: '[slots...]',
  text: 'numbers of slots; default: all that can be',
  completes: 'nothing',
} as const;

const list = command({
  name: 'list',
  summary: 'Show the key slots: what opens the vault',
  details: [
    'Each slot opens the vault by itself. The number after a TPM slot is the count of the TPM that it needs.',
  ],
  examples: [{ text: 'All of them', line: 'sherinctl key list' }],
  run: async (session) => {
    const { slots, counter, rekey } = await session.connect().call('key.list', {});
    const { output } = session;
    output.result({ slots, counter, rekey }, () => {
      for (const { id, type, created, tpm } of slots) {
        const made =
          created === null ? 'when the vault was made' : formatTime(`${Date.parse(created)}000000`);
        const sealed =
          tpm === null
            ? ''
            : `  ${tpm.kind === 'software' ? 'software TPM' : tpm.device}, PCR ${tpm.pcrs.join(',')} (${tpm.bank}), ${tpm.pin ? 'PIN' : 'no PIN'}, generation ${tpm.generation}`;
        output.line(`${id}  ${type}  ${made}${sealed}`);
      }
      if (!counter)
        output.line('no rollback counter: an older state of the whole vault is not told from the newest');
      if (rekey !== null) output.line(rekeyWords(rekey));
    });
  },
});

const remove = command({
  name: 'remove',
  summary: 'Remove a key slot',
  details: [
    'The only slot is never removed, the last one that needs no TPM only with --force. A TPM slot that was removed stays closed for who has an old copy of the vault; whoever has an old copy and a recovery key or passphrase of a slot that was removed opens that copy still.',
    'With the last TPM slot goes the rollback counter.',
  ],
  args: [slotArg],
  options: {
    force: flag(
      '--force',
      'also the last slot without TPM; also where the TPM of the slot does not answer or is another one',
    ),
  },
  examples: [{ text: 'A recovery key that was lost', line: 'sherinctl key remove 1' }],
  run: async (session, words, { force }) => {
    const [slot = 0] = slotIds(words);
    await session.connect().call('key.remove', { slot, force });
    session.output.result({ slot }, () => session.output.line(`slot ${slot} is removed`));
  },
});

const rotate = command({
  name: 'rotate',
  summary: 'Wrap the master key anew in its slots',
  details: [
    'The secrets stay what they are, so each is needed: a slot whose secret is not given is left as it is, and named.',
    'It gives TPM slots a new seal, which old copies of the vault do not open with. It does not help against a recovery key or passphrase that somebody else knows: remove that slot.',
  ],
  args: [slotArgs],
  options: {
    pinFd: descriptor('--pin-fd <n>', 'read the PIN from descriptor n'),
    recovery: flag('--recovery', 'ask for the recovery key on the terminal'),
    recoveryFd: descriptor('--recovery-fd <n>', 'read the recovery key from descriptor n'),
    passphrase: flag('--passphrase', 'ask for the passphrase on the terminal'),
    passphraseFd: descriptor('--passphrase-fd <n>', 'read the passphrase from descriptor n'),
  },
  examples: [
    { text: 'TPM slots', line: 'sherinctl key rotate' },
    { text: 'The recovery slot, too', line: 'sherinctl key rotate --recovery' },
  ],
  run: async (session, words, options) => {
    requireOne({ '--recovery-fd': options.recoveryFd, '--recovery': options.recovery });
    requireOne({ '--passphrase-fd': options.passphraseFd, '--passphrase': options.passphrase });
    const { output } = session;
    const named = slotIds(words);
    const client = session.connect();
    const done: Renewed[] = [];
    const left: { readonly slot: number; readonly needs: string }[] = [];
    for (const slot of await keySlots(client, named)) {
      const { id, type, tpm } = slot;
      const wish = {
        tpm2: { fd: options.pinFd, asks: named.length > 0, what: 'PIN', flag: '--pin-fd N' },
        recovery: {
          ...{ fd: options.recoveryFd, asks: options.recovery },
          ...{ what: 'recovery key', flag: '--recovery-fd N' },
        },
        passphrase: {
          ...{ fd: options.passphraseFd, asks: options.passphrase },
          ...{ what: 'passphrase', flag: '--passphrase-fd N' },
        },
      }[type];
      const call = (fds: readonly number[]) => client.call('key.rotate', { slot: id }, { fds });
      if (tpm !== null && !tpm.pin) tell(output, done, { before: id, ...(await call([])) });
      else if (wish.fd === undefined && !wish.asks)
        left.push({ slot: id, needs: `${wish.what} (${wish.flag})` });
      else {
        const prompt = `The ${wish.what} of ${slotName(slot)}: `;
        const made = await withSecret(wish.fd, prompt, wish.flag, (fd) => call([fd]));
        tell(output, done, { before: id, ...made });
      }
    }
    output.result({ done, left }, () => {
      for (const { slot, needs } of left) output.line(`slot ${slot} is as it was: it needs its ${needs}`);
    });
  },
});

const reseal = command({
  name: 'reseal',
  summary: 'Seal TPM slots to the PCRs as they are now',
  details: [
    'After a planned change of what PCRs measure, such as firmware or a boot entry: open the vault with the recovery key, then reseal. The PIN that is given is the new one.',
  ],
  args: [slotArgs],
  options: { pinFd: descriptor('--pin-fd <n>', 'read the new PIN from descriptor n') },
  examples: [
    { text: 'After a firmware update', line: 'sherinctl unlock --recovery && sherinctl key reseal' },
  ],
  run: async (session, words, { pinFd }) => {
    const { output } = session;
    const named = slotIds(words);
    const client = session.connect();
    const slots = (await keySlots(client, named)).filter(({ tpm }) => named.length > 0 || tpm !== null);
    const bare = slots.find(({ tpm }) => tpm?.pin !== true);
    if (pinFd !== undefined && bare !== undefined) throw withoutPin(bare.id);
    const done: Renewed[] = [];
    for (const { id, tpm } of slots) {
      const call = (fds: readonly number[]) => client.call('key.reseal', { slot: id }, { fds });
      const made = tpm?.pin ? await withNewSecret(pinFd, 'PIN', '--pin-fd N', call) : await call([]);
      tell(output, done, { before: id, ...made });
    }
    output.result({ done }, () => {
      if (done.length === 0) output.line('the vault has no TPM slot; make one with: sherinctl key add tpm');
    });
  },
});

/** A PIN that would not count must not look as if it did. */
function withoutPin(id: number): SherinError {
  return new SherinError('USAGE', {
    what: `slot ${id} has no PIN, and gets none by this: name the slots that have one, or make one with: sherinctl key add tpm --pin-fd N`,
  });
}

/** A slot, and the one that took its place. */
interface Renewed {
  readonly before: number;
  readonly slot: number;
}

/** At once: another slot may fail. */
function tell(output: Output, done: Renewed[], renewed: Renewed): void {
  const { before, slot } = renewed;
  done.push(renewed);
  if (output.json) return;
  output.line(slot === before ? `slot ${slot} is renewed` : `slot ${slot} took the place of slot ${before}`);
}

export const key = group(
  {
    name: 'key',
    summary: 'Key slots: the ways to open the vault',
    examples: [{ text: 'What opens it', line: 'sherinctl key list' }],
  },
  [list, add, remove, rotate, reseal, rekey, move],
);
