import { SherinError } from '../../common/errors.js';
import { asAssignable } from '../../common/namespaces/assignable.js';
import {
  namespaceSchema,
  namespaceSettingsSchema,
  openLevels,
  settingsOf,
  unsealModes,
} from '../../common/namespaces/record.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { ControlResult } from '../../daemon/protocol/control.js';
import { command, group, text } from '../definition.js';
import { printTable } from '../output/table.js';
import { explained, vaultPath } from '../vault-path.js';

/** Those that every vault has. */
const usual = ['FILES', 'TASK', 'OUT', 'RESULT'];

const list = command({
  name: 'list',
  summary:
    'Show the namespaces, which opens in them are recorded, when the TPM is asked, and the directories that have one of their own',
  examples: [{ text: 'All of them', line: 'sherinctl namespace list' }],
  run: async (session) => {
    const client = session.connect();
    const known = await readable(client);
    const directories = await assignedDirectories(client);
    const given = directories.map(({ namespace }) => namespace);
    const names = [...new Set([...usual, ...Object.keys(known.namespaces), ...given])];
    const rows = names.map((name) => ({ name, ...settingsOf(known, name) }));
    const { output } = session;
    output.result({ version: known.version, namespaces: rows, directories }, () => {
      const cells = rows.map(({ name, opens, unseal }) => [name, opens, unseal]);
      printTable(output, ['namespace', 'recorded opens', 'unseal'], cells);
      if (directories.length === 0) return;
      const below = directories.map(({ path, namespace }) => [namespace, path]);
      printTable(output, ['namespace', 'directory'], below);
    });
  },
});

const set = command({
  name: 'set',
  summary: 'Say which opens of a namespace are recorded, and whether each asks the TPM',
  details: [
    'For administrators. Files are in namespace FILES where no directory above them has another one (sherinctl namespace assign), requests in TASK, what bots write in OUT, and results in RESULT.',
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

const assign = command({
  name: 'assign',
  summary: 'Give a directory a namespace of its own: what is written below it from then on is in that',
  details: [
    'For administrators. The nearest directory above a file that has a namespace decides; where none has, it is FILES. What is there already stays in its namespace until it is written anew, but it opens by the stricter settings of the two at once.',
    'A name that goes to another directory takes the content along in its namespace; the next version is in that of the new place. A directory takes its namespace along.',
    'The same as the attribute user.sherin.namespace of the directory.',
  ],
  args: [
    { form: '<directory>', text: 'a directory below files/', completes: 'vault-path' },
    { form: '<name>', text: 'its namespace: 1 to 16 of A-Z, 0-9 and -', completes: ['FILES'] },
  ],
  examples: [
    { text: 'Contracts by themselves', line: 'sherinctl namespace assign files/contracts CONTRACTS' },
  ],
  run: async (session, [directory = '', name = '']) => {
    const path = vaultPath(directory, session.places);
    const call = session.connect().call('namespaces.assign', { path, namespace: asAssignable(name) });
    const result = await explained(call, directory, session.places);
    const { output } = session;
    output.result({ path, ...result }, () => output.line(nowIn(output.name(path), result.namespace)));
  },
});

const unassign = command({
  name: 'unassign',
  summary: 'Take the namespace of a directory away: the next directory above it decides again',
  details: ['For administrators. What is there already stays in its namespace until it is written anew.'],
  args: [{ form: '<directory>', text: 'a directory below files/', completes: 'vault-path' }],
  examples: [{ text: 'As before', line: 'sherinctl namespace unassign files/contracts' }],
  run: async (session, [directory = '']) => {
    const path = vaultPath(directory, session.places);
    const call = session.connect().call('namespaces.assign', { path, namespace: null });
    const result = await explained(call, directory, session.places);
    const { output } = session;
    output.result({ path, ...result }, () => output.line(nowIn(output.name(path), result.namespace)));
  },
});

function nowIn(path: string, namespace: string): string {
  return `${path}: what is written below is in ${namespace} from now on`;
}

export const namespace = group(
  {
    name: 'namespace',
    summary: 'Namespaces: which opens are on record, and when the TPM is asked',
    examples: [{ text: 'Those that there are', line: 'sherinctl namespace list' }],
  },
  [list, set, assign, unassign, reset],
);

type Directories = ControlResult<'namespaces.directories'>['directories'];

async function assignedDirectories(client: ControlClient): Promise<Directories> {
  const all: Directories = [];
  for (let more = true; more; ) {
    const after = all.at(-1)?.path;
    const page = await client.call('namespaces.directories', after === undefined ? {} : { after });
    all.push(...page.directories);
    more = page.more;
  }
  return all;
}

/** @throws SherinError NAMESPACES_UNREADABLE */
async function readable(client: ControlClient) {
  const { version, namespaces } = await client.call('namespaces.list', {});
  if (version === null || namespaces === null) throw new SherinError('NAMESPACES_UNREADABLE');
  return { version, namespaces };
}
