import { SherinError } from '../../common/errors.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import { command } from '../definition.js';
import type { Session } from '../session.js';
import { findVersion, parseVersionName, versionForms } from '../transfer/version.js';
import { contentOf } from '../transfer/window.js';
import { explained, vaultTarget } from '../vault-path.js';

interface Content {
  /** Path or ID. */
  readonly target: string;
  /** Bytes. */
  readonly size: number;
}

export const cat = command({
  name: 'cat',
  summary: 'Write verified content of files to standard output',
  details: [`An old version is written PATH@VERSION. ${versionForms}`],
  args: [
    { form: '<target...>', text: 'paths, with or without a version, or Sherin IDs', completes: 'vault-path' },
  ],
  examples: [
    { text: 'Search in a file', line: 'sherinctl cat files/notes.txt | grep sherin' },
    { text: 'What it was yesterday', line: 'sherinctl cat files/notes.txt@yesterday' },
  ],
  run: async (session, targets) => {
    const client = session.connect();
    for (const text of targets) {
      const { target, size } = await find(session, client, text);
      for await (const part of contentOf(client, target, size)) await session.output.bytes(part);
    }
  },
});

/** A name with an `@` is a file of that name where there is one. */
async function find(session: Session, client: ControlClient, text: string): Promise<Content> {
  try {
    return await present(session, client, text);
  } catch (error) {
    const name = parseVersionName(text);
    if (name === null || !(error instanceof SherinError && error.code === 'PATH_MISSING')) throw error;
    const { id, path, size } = await findVersion(session, client, name);
    return { target: id ?? path, size };
  }
}

async function present(session: Session, client: ControlClient, text: string): Promise<Content> {
  const target = vaultTarget(text, session.places);
  const { entry, path } = await explained(client.call('stat', { target }), text, session.places);
  if (entry.kind === 'directory') throw new SherinError('IS_DIRECTORY', { path });
  if (entry.kind !== 'file')
    throw new SherinError('USAGE', { what: `${path} is a ${entry.kind} and has no content` });
  // Named by its ID, a file that is replaced meanwhile is still read as one version.
  return { target: entry.id ?? target, size: entry.size };
}
