import { SherinError } from '../../common/errors.js';
import { command } from '../definition.js';
import { Progress } from '../output/progress.js';
import { formatBytes, formatTime } from '../output/units.js';
import { findVersion, parseVersionName, versionForms } from '../transfer/version.js';

export const restore = command({
  name: 'restore',
  summary: 'Bring an old version of a file back',
  details: [
    'It becomes the newest version, with its content, mode, owner, time of modification and extended attributes; those in between stay. A file that was removed is there again. For a whole directory mount the past (`sherinctl mount --at`) and put it from there.',
    versionForms,
  ],
  args: [{ form: '<path@version>', text: 'a file and its version', completes: 'vault-path' }],
  examples: [
    { text: 'What it was yesterday', line: 'sherinctl restore files/letters/a.txt@yesterday' },
    { text: 'A version that `sherinctl log` shows', line: 'sherinctl restore files/letters/a.txt@3' },
  ],
  run: async (session, [written = '']) => {
    const name = parseVersionName(written);
    if (name === null)
      throw new SherinError('USAGE', { what: `'${written}' names no version; write PATH@VERSION` });
    const client = session.connect();
    const { output } = session;
    const found = await findVersion(session, client, name);
    const progress = new Progress('restore', 'records', output.json);
    try {
      const version = await client.call(
        'restore',
        { path: found.path, version: found.number },
        { progress: (done, total) => progress.update(done, total) },
      );
      progress.stop();
      output.result({ path: found.path, from: found.number, version }, () => {
        output.line(
          `${output.name(found.path)} is version ${found.number} again, of ${formatTime(found.time)} (${formatBytes(found.size)}); it is version ${version.number} now`,
        );
      });
    } finally {
      progress.stop();
    }
  },
});
