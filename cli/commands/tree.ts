import type { ControlClient } from '../../daemon/client/control-client.js';
import type { EntryInfo } from '../../daemon/protocol/control.js';
import { command } from '../definition.js';
import type { Output } from '../output/output.js';
import { formatCount } from '../output/units.js';
import { entriesOf, everythingBelow } from '../transfer/listing.js';
import { explained, joinPath, vaultPath } from '../vault-path.js';
import { shownName } from './ls.js';

export const tree = command({
  name: 'tree',
  summary: 'Show a directory of the vault and all below it',
  details: ['With --json it prints one line {"path","entry"} for each entry, not one value.'],
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
    const entries = entriesOf(client, path);
    // Asked for before anything is printed: where this fails there is nothing to show.
    const first = await explained(entries.next(), text ?? '', session.places);
    output.line(`${output.name(path)}/`);
    await branch({ client, output, counts }, path, '', entries, first);
    output.line(
      `${formatCount(counts.directories, 'directory', 'directories')}, ${formatCount(counts.others, 'file')}`,
    );
  },
});

interface Drawing {
  readonly client: ControlClient;
  readonly output: Output;
  readonly counts: { directories: number; others: number };
}

/** Draws a directory, of whose entries the first has been asked for. */
async function branch(
  drawing: Drawing,
  path: string,
  indent: string,
  entries: AsyncGenerator<EntryInfo>,
  first: IteratorResult<EntryInfo>,
): Promise<void> {
  const { client, output, counts } = drawing;
  let next = first;
  while (!next.done) {
    const entry = next.value;
    next = await entries.next();
    const last = next.done === true;
    output.line(`${indent}${last ? '└── ' : '├── '}${shownName(entry, output, true)}`);
    if (entry.kind === 'directory') {
      counts.directories += 1;
      const below = joinPath(path, entry.name);
      const inside = entriesOf(client, below);
      await branch(drawing, below, `${indent}${last ? '    ' : '│   '}`, inside, await inside.next());
    } else counts.others += 1;
  }
}
