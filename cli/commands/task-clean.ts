import { command, flag, text } from '../definition.js';
import { formatCount } from '../output/units.js';
import { withDaemon } from '../service/daemon.js';
import { parseDuration } from '../transfer/duration.js';

/** As long as sherind knows tasks that have ended. */
const usualAge = '30d';
const perSecond = 1_000_000_000n;

export const clean = command({
  name: 'clean',
  summary: 'Remove old results that no task tells of any more',
  details: [
    'Those that became results longer ago than --older-than says, 30d where it is not given, and that no task has which sherind still knows: it forgets those that ended 30 days ago, and all but 2,000 of one user. Copy what is to stay.',
    'They are gone from ids/ then, but for root and the owner of the vault, until `sherinctl gc` gives them up and their space back, which the owner and administrators may. A request that is given again is worked on again. The audit log has how many went (AUDIT_RESULTS_REMOVED).',
  ],
  options: {
    olderThan: text('--older-than <duration>', '36h, 30d, 8w, 6m, 1y; 30d where none is given', 'nothing'),
    all: flag('--all', "others' results, too; for administrators"),
    dryRun: flag('-n, --dry-run', 'only say how many would go'),
  },
  examples: [
    { text: 'What would go', line: 'sherinctl task clean --dry-run' },
    {
      text: 'Of everybody, what is older than half a year',
      line: 'sherinctl task clean --all --older-than 6m',
    },
  ],
  run: async (session, _args, { olderThan = usualAge, all, dryRun }) => {
    const wish = { older_than: Number(parseDuration(olderThan) / perSecond), all, dry_run: dryRun };
    const { removed, kept } = await withDaemon(session, (client) => client.call('task.clean', wish));
    const { output } = session;
    output.result({ dryRun, removed, kept }, () => {
      output.line(`${dryRun ? 'would remove' : 'removed'} ${formatCount(removed, 'result')}`);
      if (kept > 0)
        output.note(`${formatCount(kept, 'result stays', 'results stay')}, as a task tells of them`);
      if (removed > 0 && !dryRun) output.note('their space comes back with: sherinctl gc');
    });
  },
});
