import { SherinError } from '../../common/errors.js';
import { command } from '../definition.js';
import { contentOf } from '../transfer/window.js';
import { explained, vaultTarget } from '../vault-path.js';

export const cat = command({
  name: 'cat',
  summary: 'Write verified content of files to standard output',
  args: [{ form: '<target...>', text: 'paths or Sherin IDs', completes: 'vault-path' }],
  examples: [{ text: 'Search in a file', line: 'sherinctl cat files/notes.txt | grep sherin' }],
  run: async (session, targets) => {
    const client = session.connect();
    for (const text of targets) {
      const target = vaultTarget(text, session.places);
      const { entry, path } = await explained(client.call('stat', { target }), text, session.places);
      if (entry.kind === 'directory') throw new SherinError('IS_DIRECTORY', { path });
      if (entry.kind !== 'file')
        throw new SherinError('USAGE', { what: `${path} is a ${entry.kind} and has no content` });
      // Named by its ID, a file that is replaced meanwhile is still read as one version.
      for await (const part of contentOf(client, entry.id ?? target, entry.size))
        await session.output.bytes(part);
    }
  },
});
