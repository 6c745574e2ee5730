import { SherinError } from '../../common/errors.js';
import {
  namespaceSchema,
  namespaceSettingsSchema,
  openLevels,
  settingsOf,
  unsealModes,
} from '../../common/namespaces/record.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import { command, group, text } from '../definition.js';
import { printTable } from '../output/table.js';

/** Those that every vault has. */
const usual = ['FILES', 'TASK', 'OUT', 'RESULT'];

const list = command({
  name: 'list',
  summary: 'Show the namespaces, which opens in them are recorded, and when the TPM is asked',
  examples: [{ text: 'All of them', line: 'sherinctl namespace list' }],
  run: async (session) => {
    const known = await readable(session.connect());
    const names = [...new Set([...usual, ...Object.keys(known.namespaces)])];
    const rows = names.map((name) => ({ name, ...settingsOf(known, name) }));
    const { output } = session;
    output.result({ version: known.version, namespaces: rows }, () => {
      const cells = rows.map(({ name, opens, unseal }) => [name, opens, unseal]);
      printTable(output, ['namespace', 'recorded opens', 'unseal'], cells);
    });
  },
});

const set = command({
  name: 'set',
  summary: 'Say which opens of a namespace are recorded, and whether each asks the TPM',
  details: [
    'For administrators. Files are in namespace FILES, requests in TASK, what bots write in OUT, and results in RESULT.',
    'Allowed opens are recorded not at all (off), once for each caller, object and hour (first), or each (all). Refused ones always are.',
    'With per-open each open has the TPM release the key of the vault once more, and is refused when it does not. That needs a TPM slot without a PIN.',
  ],
  args: [{ form: '<name>', text: 'a namespace', completes: usual }],
  options: {
    opens: text('--opens <level>', openLevels.join(', '), [...openLevels]),
    unseal: text('--unseal <when>', unsealModes.join(' or '), [...unsealModes]),
  },
  examples: [
    { text: 'Have each open on record', line: 'sherinctl namespace set FILES --opens all' },
    { text: 'Have the TPM asked at each open', line: 'sherinctl namespace set FILES --unseal per-open' },
    { text: 'And no more', line: 'sherinctl namespace set FILES --unseal session' },
  ],
  run: async (session, [name = ''], { opens, unseal }) => {
    if (!namespaceSchema.safeParse(name).success)
      throw new SherinError('USAGE', { what: `${name} is no namespace that has settings` });
    if (opens === undefined && unseal === undefined)
      throw new SherinError('USAGE', { what: 'give --opens or --unseal' });
    const client = session.connect();
    const known = await readable(client);
    const before = settingsOf(known, name);
    const wanted = { opens: opens ?? before.opens, unseal: unseal ?? before.unseal };
    const settings = namespaceSettingsSchema.safeParse(wanted);
    if (!settings.success) {
      const allowed = `${openLevels.join(', ')}; ${unsealModes.join(', ')}`;
      throw new SherinError('USAGE', { what: `one of these is no setting (${allowed})` });
    }
    const namespaces = { ...known.namespaces, [name]: settings.data };
    const result = await client.call('namespaces.set', { namespaces, version: known.version });
    session.output.result({ ...result, name, ...settings.data }, () =>
      session.output.line(`${name}: recorded opens ${settings.data.opens}, unseal ${settings.data.unseal}`),
    );
  },
});

const reset = command({
  name: 'reset',
  summary:
    'Give all namespaces the usual settings again: first opens on record, the TPM asked to unlock alone',
  details: ['For administrators; the way out where the settings can not be read.'],
  examples: [{ text: 'All of them', line: 'sherinctl namespace reset' }],
  run: async (session) => {
    const result = await session.connect().call('namespaces.set', { namespaces: {}, version: null });
    session.output.result(result, () => session.output.line('all namespaces have the usual settings'));
  },
});

export const namespace = group(
  {
    name: 'namespace',
    summary: 'Namespaces: which opens are on record, and when the TPM is asked',
    examples: [{ text: 'Those that there are', line: 'sherinctl namespace list' }],
  },
  [list, set, reset],
);

/** @throws SherinError NAMESPACES_UNREADABLE */
async function readable(client: ControlClient) {
  const { version, namespaces } = await client.call('namespaces.list', {});
  if (version === null || namespaces === null) throw new SherinError('NAMESPACES_UNREADABLE');
  return { version, namespaces };
}
