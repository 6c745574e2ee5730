import { SherinError } from '../../common/errors.js';
import { type Made, makeCollection } from '../collection/make.js';
import { command, group } from '../definition.js';
import { formatCount } from '../output/units.js';
import { Problems } from '../transfer/problems.js';
import { vaultPath } from '../vault-path.js';

const make = command({
  name: 'make',
  summary: 'Index the texts of a directory, for questions to the knowledge bot',
  details: [
    'The collection is a file of the vault with the text of every passage: who may read it may read what it was made from. It is private (0600) until you say otherwise with chmod at the mount. UTF-8 and ISO-8859-1 are taken, and what is packed with gzip; what is no text or larger than 16 MiB is left out.',
    'Run it again when files have changed: those with the ID that they had are not read again, and what is gone is removed.',
  ],
  args: [
    { form: '<directory>', text: 'what to index, in the vault', completes: 'vault-path' },
    { form: '<collection>', text: 'the file to make, in the vault', completes: 'vault-path' },
  ],
  examples: [
    {
      text: 'The documents of this machine',
      line: 'sherinctl collection make files/doc files/doc.collection',
    },
  ],
  run: async (session, [directory = '', collection = '']) => {
    const { output, places } = session;
    const client = session.connect();
    const { mount } = await client.call('status', {});
    if (mount === null) throw new SherinError('NOT_MOUNTED', { path: places.mount });
    const problems = new Problems();
    const made = await makeCollection({
      client,
      mount: mount.path,
      directory: vaultPath(directory, places),
      collection: vaultPath(collection, places),
      problems,
      json: output.json,
    });
    output.result({ collection: vaultPath(collection, places), ...made, problems: problems.list }, () =>
      output.line(summary(made)),
    );
    problems.print(output);
    if (made.interrupted) throw new SherinError('INTERRUPTED', { what: 'the collection is as it was' });
    return problems.exit;
  },
});

export const collection = group(
  {
    name: 'collection',
    summary: 'Make texts of the vault searchable',
    examples: [
      { text: 'Your letters', line: 'sherinctl collection make files/letters files/letters.collection' },
    ],
  },
  [make],
);

function summary({ added, removed, unchanged, left, passages }: Made): string {
  const number = (count: number) => count.toLocaleString('en-US');
  const changes = `${number(added)} added, ${number(removed)} removed, ${number(unchanged)} unchanged`;
  return `${formatCount(passages, 'passage')}; texts: ${changes}${left === 0 ? '' : `; ${formatCount(left, 'file')} left out`}`;
}
