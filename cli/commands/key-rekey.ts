import type { KeySlot, Rekey } from '../../daemon/protocol/keys.js';
import { command, descriptor, flag, text } from '../definition.js';
import { formatCount } from '../output/units.js';
import { keySlots, slotIds, slotName } from '../service/key-slots.js';
import { withSecret } from '../service/secret.js';

/** Where the secret of each kind of slot comes from. */
type Given = { readonly [type in KeySlot['type']]: number | undefined };
const asked = {
  tpm2: { what: 'PIN', flag: '--pin-fd N' },
  recovery: { what: 'recovery key', flag: '--recovery-fd N' },
  passphrase: { what: 'passphrase', flag: '--passphrase-fd N' },
} as const;

export const rekey = command({
  name: 'rekey',
  summary: 'Make a new master key, and encrypt all that is stored under it',
  details: [
    'For when somebody else may have the master key: who had a copy of the vault together with a recovery key, passphrase or PIN. Make a new recovery key first (key add recovery), and drop what is known: slots that stay open the new master key with the secrets that they have, so each secret is asked for.',
    'Files stay open and are read and written meanwhile. What is stored is encrypted anew in the background, also after a restart; key list shows how far it is, and that the earlier key has ended. A backup of before is not renewed any more: begin one in another directory.',
    'The key that signs, and those that make IDs, stay: see SECURITY.md.',
  ],
  options: {
    drop: text('--drop <slots>', 'slots that are to open nothing any more, such as 1 or 1,2', 'nothing'),
    force: flag('--force', 'also where no slot is left that needs no TPM'),
    pinFd: descriptor('--pin-fd <n>', 'read the PIN from descriptor n'),
    recoveryFd: descriptor('--recovery-fd <n>', 'read the recovery key from descriptor n'),
    passphraseFd: descriptor('--passphrase-fd <n>', 'read the passphrase from descriptor n'),
  },
  examples: [
    {
      text: 'The recovery key of slot 1 is known to somebody; slot 2 has a new one',
      line: 'sherinctl key rekey --drop 1',
    },
    { text: 'From a script', line: 'sherinctl key rekey --drop 1 --recovery-fd 3 3< new.recovery' },
  ],
  run: async (session, _args, { drop: dropped, force, pinFd, recoveryFd, passphraseFd }) => {
    const drop = dropped === undefined ? [] : slotIds(dropped.split(','));
    const client = session.connect();
    await keySlots(client, drop);
    const kept = (await keySlots(client, [])).filter(({ id }) => !drop.includes(id));
    const keep = kept.map(({ id, tpm }) => ({ slot: id, secret: tpm === null || tpm.pin }));
    const wanted = kept.filter((_, at) => keep[at]?.secret === true);
    const given = { tpm2: pinFd, recovery: recoveryFd, passphrase: passphraseFd };
    const { epoch } = await withSecrets(wanted, given, (fds) =>
      client.call('key.rekey', { keep, drop, force }, { fds }),
    );
    session.output.result({ epoch }, () => {
      session.output.line(`the vault has a new master key, of epoch ${epoch}`);
      session.output.line(
        'what is stored is being encrypted under it: sherinctl key list shows how far it is',
      );
    });
  },
});

/** All of them are open while `use` runs. */
function withSecrets<T>(
  [slot, ...more]: readonly KeySlot[],
  given: Given,
  use: (fds: readonly number[]) => Promise<T>,
): Promise<T> {
  if (slot === undefined) return use([]);
  const { what, flag: name } = asked[slot.type];
  return withSecret(given[slot.type], `The ${what} of ${slotName(slot)}: `, name, (fd) =>
    withSecrets(more, given, (fds) => use([fd, ...fds])),
  );
}

/** How far a rekey is, in one line. */
export function rekeyWords({ epoch, former, checked, total, done, waiting }: Rekey): string {
  const until = former.length === 1 ? `epoch ${former.join()} has` : `epochs ${former.join(', ')} have`;
  const far = `${checked.toLocaleString('en-US')} of ${formatCount(total, 'cube')} looked at, ${done.toLocaleString('en-US')} encrypted anew`;
  const why = waiting === null ? '' : `; waiting: ${waiting}`;
  return `master key of epoch ${epoch}; ${until} not ended: ${far}${why}`;
}
