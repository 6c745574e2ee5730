import type { ControlClient } from '../../daemon/client/control-client.js';
import type { ControlResult } from '../../daemon/protocol/control.js';
import { command, flag } from '../definition.js';
import { Progress } from '../output/progress.js';
import { printTable } from '../output/table.js';
import { formatBytes, formatCount, formatTime } from '../output/units.js';
import type { Session } from '../session.js';
import { explained, treeRoot, vaultPath } from '../vault-path.js';

type Version = ControlResult<'du.versions'>['versions'][number];

export const du = command({
  name: 'du',
  summary: 'Show what files and their old versions take up',
  details: [
    'The size of the files, what is stored for them (encrypted, with headers and padding, equal content once), and what their old versions take beyond that. Of all this, alone is what nothing else in the vault needs, and shared what other files or their versions need, too. Sizes of 8 PiB and more, which sparse files can have together, are shown as 8 PiB.',
  ],
  args: [{ form: '[path]', text: 'a file or directory; default: all', completes: 'vault-path' }],
  options: {
    versions: flag('--versions', 'each version of a file, with the space that would come back with it alone'),
  },
  examples: [
    { text: 'The whole vault', line: 'sherinctl du' },
    { text: 'What each version of a file holds', line: 'sherinctl du --versions files/film.mkv' },
  ],
  run: async (session, [written = treeRoot], { versions }) => {
    const progress = new Progress('du', 'records', session.output.json);
    try {
      await (versions ? showVersions : showSum)(session, written, progress);
    } finally {
      progress.stop();
    }
  },
});

async function showSum(session: Session, written: string, progress: Progress): Promise<void> {
  const path = vaultPath(written, session.places);
  const call = session
    .connect()
    .call('du', { path }, { progress: (done, total) => progress.update(done, total) });
  const sum = await explained(call, written, session.places);
  progress.stop();
  const { output } = session;
  output.result({ path, ...sum }, () => {
    const { files, logical, stored, versions, history, alone, shared } = sum;
    output.line(`${output.name(path)}: ${formatCount(files, 'file')}, ${formatBytes(logical)}`);
    output.line(`stored:    ${formatBytes(stored)}`);
    output.line(`versions:  ${formatBytes(history)} more for ${formatCount(versions, 'old version')}`);
    output.line(`alone:     ${formatBytes(alone)}`);
    output.line(`shared:    ${formatBytes(shared)}`);
  });
}

async function showVersions(session: Session, written: string, progress: Progress): Promise<void> {
  const path = vaultPath(written, session.places);
  const versions = await explained(everyVersion(session.connect(), path, progress), written, session.places);
  progress.stop();
  const { output } = session;
  output.result({ path, versions }, () => {
    const rows = versions.toReversed().map(({ number, time, size, alone, collected }) => {
      const held = collected === undefined ? formatBytes(alone) : `(given up by ${collected.by})`;
      return [String(number), formatTime(time), formatBytes(size), held];
    });
    printTable(output, ['VERSION', 'SINCE', 'SIZE', 'ALONE'], rows);
  });
}

/** Oldest first, all pages. */
async function everyVersion(client: ControlClient, path: string, progress: Progress): Promise<Version[]> {
  const pages: Version[][] = [];
  for (let before: number | undefined; before !== 1; before = pages[0]?.[0]?.number ?? 1) {
    const params = before === undefined ? { path } : { path, before };
    const { versions } = await client.call('du.versions', params, {
      progress: (done, total) => progress.update(done, total),
    });
    pages.unshift(versions);
  }
  return pages.flat();
}
