import { SherinError } from '../../common/errors.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { EntryInfo } from '../../daemon/protocol/control.js';
import { command, flag } from '../definition.js';
import type { Output } from '../output/output.js';
import { formatMode, formatTime } from '../output/units.js';
import { entriesOf } from '../transfer/listing.js';
import { explained, vaultPath } from '../vault-path.js';

export const ls = command({
  name: 'ls',
  summary: 'List a directory of the vault',
  args: [{ form: '[path]', text: 'a directory or file; default: files', completes: 'vault-path' }],
  options: {
    long: flag('-l, --long', 'with mode, links, owner, size and time'),
    ids: flag('--ids', 'with the Sherin IDs'),
  },
  examples: [
    { text: 'The top of the tree', line: 'sherinctl ls' },
    { text: 'With IDs', line: 'sherinctl ls --ids files/letters' },
  ],
  run: async (session, [text], { long, ids }) => {
    const client = session.connect();
    const path = vaultPath(text ?? '', session.places);
    const { output } = session;
    const entries = await explained(listed(client, path), text ?? '', session.places);
    output.result({ path, entries }, () => {
      const widest = Math.max(0, ...entries.map(({ size }) => String(size).length));
      for (const entry of entries) {
        const columns = [
          ...(long ? [longColumns(entry, widest)] : []),
          ...(ids ? [(entry.id ?? '-').padEnd(48)] : []),
          shownName(entry, output, long),
        ];
        output.line(columns.join('  '));
      }
    });
  },
});

/** What a directory holds, or the one file. */
async function listed(client: ControlClient, path: string): Promise<EntryInfo[]> {
  const entries: EntryInfo[] = [];
  try {
    for await (const entry of entriesOf(client, path)) entries.push(entry);
  } catch (error) {
    if (!(error instanceof SherinError && error.code === 'NOT_DIRECTORY')) throw error;
    entries.push((await client.call('stat', { target: path })).entry);
  }
  return entries;
}

function longColumns({ kind, mode, nlink, uid, gid, size, mtime }: EntryInfo, widest: number): string {
  const owner = `${String(uid).padStart(5)} ${String(gid).padStart(5)}`;
  return `${formatMode(kind, mode)} ${String(nlink).padStart(3)} ${owner} ${String(size).padStart(widest)} ${formatTime(mtime)}`;
}

/** `dir/`, and `link -> target` in the long form. */
export function shownName({ name, kind, target }: EntryInfo, output: Output, long: boolean): string {
  if (kind === 'directory') return `${output.name(name)}/`;
  if (kind === 'symlink' && long) return `${output.name(name)} -> ${output.name(target ?? '')}`;
  return output.name(name);
}
