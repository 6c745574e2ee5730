import type { ControlResult } from '../../daemon/protocol/control.js';
import { command, flag, number, text } from '../definition.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { formatBytes, formatCount } from '../output/units.js';
import { confirm } from '../service/confirm.js';
import { parseDuration } from '../transfer/duration.js';
import { vaultPath } from '../vault-path.js';

/** Where nobody asks for anything else: all that was to be seen lately. */
const defaultWithin = '30d';
const bounds = { least: 0, most: 1_000_000 };

type Result = ControlResult<'gc'>;

export const gc = command({
  name: 'gc',
  summary: 'Give up old versions of files, and get their space back',
  details: [
    'What a file holds now always stays, and so does every state of a path that one of the --keep options keeps; without any of them it is --keep-within 30d. They count for each path by itself, as `sherinctl log` shows its states: versions, and removals, too. So --keep-last 1 keeps what is there now and nothing else, and of a file that was removed nothing. --keep-last 0 asks first.',
    '--keep-daily 7 keeps the last state of each of the last 7 days that have one, and the others work alike, as in restic; weeks begin on Monday, times are local ones. --keep-within keeps all that a path has shown at any time since so long ago, also what was made long before. A version that several paths have shown stays while one of them keeps it. What somebody reads at the moment stays until the next time.',
    'The log keeps names, times, sizes and hashes of what is given up. Bytes of cubes that were removed are not overwritten; `sherinctl destroy` does that.',
  ],
  args: [
    {
      form: '[path...]',
      text: 'only versions of these files and of what is below these directories',
      completes: 'vault-path',
    },
  ],
  options: {
    keepLast: number('--keep-last <n>', 'the last n states of each path', bounds),
    keepHourly: number(
      '--keep-hourly <n>',
      'the last state of each of the last n hours that have one',
      bounds,
    ),
    keepDaily: number('--keep-daily <n>', 'of each of the last n days', bounds),
    keepWeekly: number('--keep-weekly <n>', 'of each of the last n weeks', bounds),
    keepMonthly: number('--keep-monthly <n>', 'of each of the last n months', bounds),
    keepYearly: number('--keep-yearly <n>', 'of each of the last n years', bounds),
    keepWithin: text(
      '--keep-within <duration>',
      'all that was shown since then: 36h, 30d, 8w, 6m, 1y (a month is 30 days, a year 365)',
      'nothing',
    ),
    dryRun: flag('-n, --dry-run', 'only say what would go'),
    yes: flag('--yes', 'do not ask before --keep-last 0; wanted where there is no terminal'),
  },
  examples: [
    { text: 'What would go', line: 'sherinctl gc --dry-run --keep-within 30d' },
    {
      text: 'A few states of long ago, too',
      line: 'sherinctl gc --keep-within 2w --keep-weekly 8 --keep-monthly 12',
    },
    {
      text: 'Nothing but what is there now, of one directory',
      line: 'sherinctl gc --keep-last 1 files/scratch',
    },
  ],
  run: async (session, words, { dryRun, yes, ...keep }) => {
    const none = Object.values(keep).every((value) => value === undefined);
    const within = keep.keepWithin ?? (none ? defaultWithin : undefined);
    const retention = {
      ...{ last: keep.keepLast, hourly: keep.keepHourly, daily: keep.keepDaily },
      ...{ weekly: keep.keepWeekly, monthly: keep.keepMonthly, yearly: keep.keepYearly },
      within: within === undefined ? null : String(parseDuration(within)),
    };
    const paths = words.map((word) => vaultPath(word, session.places));
    const { output } = session;
    if (keep.keepLast === 0 && !dryRun && !yes) {
      const named = paths.length === 0 ? 'all files' : paths.map((path) => output.name(path)).join(', ');
      await confirm(`Give up every old version of ${named}, and all of files that were removed, for good?`);
    }
    const client = session.connect();
    const progress = new Progress('gc', 'records', output.json);
    try {
      const result = await client.call(
        'gc',
        { paths, retention, dryRun },
        { progress: (done, total) => progress.update(done, total) },
      );
      progress.stop();
      output.result({ dryRun, ...result }, () => report(output, result, dryRun));
    } finally {
      progress.stop();
    }
  },
});

function report(output: Output, result: Result, dryRun: boolean): void {
  const { versions, cubes, bytes, orphans, orphanBytes, inUse, paths } = result;
  if (dryRun) {
    for (const { path, versions: numbers } of paths)
      output.line(`${output.name(path)}: ${formatCount(numbers.length, 'version')} (${numbers.join(', ')})`);
  }
  const freed = `${formatCount(cubes, 'cube')}, ${formatBytes(bytes)}`;
  output.line(`${dryRun ? 'would give up' : 'gave up'} ${formatCount(versions, 'version')}: ${freed}`);
  if (orphans > 0) {
    const left = `${formatCount(orphans, 'cube')} that nothing referred to, ${formatBytes(orphanBytes)}`;
    output.line(`${dryRun ? 'would remove' : 'removed'} ${left}`);
  }
  if (inUse > 0)
    output.note(`${formatCount(inUse, 'version stays', 'versions stay')} for now, as somebody reads`);
}
