import type { ControlClient } from '../../daemon/client/control-client.js';
import { command } from '../definition.js';
import type { Output } from '../output/output.js';
import { formatCount } from '../output/units.js';
import { entriesOf, everythingBelow } from '../transfer/listing.js';
import { joinPath, vaultPath } from '../vault-path.js';
import { shownName } from './ls.js';

export const tree = command({
  name: 'tree',
  summary: 'Show a directory of the vault and all below it',
  details: ['With --json, one line {"path","entry"} for each.'],
  args: [{ form: '[path]', text: 'a directory; default: files', completes: 'vault-path' }],
  examples: [{ text: 'The whole tree', line: 'sherinctl tree' }],
  run: async (session, [text]) => {
    const client = session.connect();
    const path = vaultPath(text ?? '', session.places);
    const { output } = session;
    if (output.json) {
      for await (const found of everythingBelow(client, path)) output.record(found);
      return;
    }
    const counts = { directories: 0, others: 0 };
    output.line(`${output.name(path)}/`);
    await branch(client, output, path, '', counts);
    output.line(
      `${formatCount(counts.directories, 'directory', 'directories')}, ${formatCount(counts.others, 'file')}`,
    );
  },
});

async function branch(
  client: ControlClient,
  output: Output,
  path: string,
  indent: string,
  counts: { directories: number; others: number },
): Promise<void> {
  const entries = entriesOf(client, path);
  let next = await entries.next();
  while (!next.done) {
    const entry = next.value;
    next = await entries.next();
    const last = next.done === true;
    output.line(`${indent}${last ? '└── ' : '├── '}${shownName(entry, output, true)}`);
    if (entry.kind === 'directory') {
      counts.directories += 1;
      await branch(client, output, joinPath(path, entry.name), `${indent}${last ? '    ' : '│   '}`, counts);
    } else counts.others += 1;
  }
}
