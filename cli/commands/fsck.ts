import { closeSync, constants, openSync } from 'node:fs';
import { SherinError, systemCode } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import { command, flag, text } from '../definition.js';
import { reportFsck } from '../output/fsck-report.js';
import { Progress } from '../output/progress.js';

export const fsck = command({
  name: 'fsck',
  summary: 'Compare manifest and disk, both ways; mend what can be mended',
  details: [
    'Every record of the log is verified, the tables beside it are compared with it, and every cube that any version needs is looked for; content is checked by verify. The exit code is 3 where content is lacking or a table is not as the log says, 0 where all is well or was mended.',
    '--repair takes a lacking cube from a wrong folder, from quarantine, or from the backup that --from names, and only one that verifies.',
    'Imports wait for --rebuild and --remove-orphans.',
  ],
  options: {
    rebuild: flag('--rebuild', 'bring the tables of the manifest in line with its log'),
    repair: flag('--repair', 'get lacking and quarantined cubes back'),
    from: text('--from <backup>', 'repair from this backup, too', 'directory'),
    removeOrphans: flag(
      '--remove-orphans',
      'delete cubes that no version needs, unfinished writes, and quarantined files whose cube was healed',
    ),
  },
  examples: [
    { text: 'Look, and change nothing', line: 'sherinctl fsck' },
    { text: 'After a bad disk', line: 'sherinctl fsck --repair --from /media/backup/vault' },
    { text: 'After a crash', line: 'sherinctl fsck --rebuild --remove-orphans' },
  ],
  run: async (session, _args, { rebuild, repair, from, removeOrphans }) => {
    if (from !== undefined && !repair)
      throw new SherinError('USAGE', { what: '--from names the backup that --repair takes cubes from' });
    const backup = from === undefined ? undefined : openBackup(from);
    const progress = new Progress('fsck', 'records', session.output.json);
    try {
      const result = await session.connect().call(
        'fsck',
        { rebuild, repair, removeOrphans },
        {
          progress: (done, total) => progress.update(done, total),
          fds: backup === undefined ? [] : [backup],
        },
      );
      progress.stop();
      session.output.result(result, () => reportFsck(result, session.output, { rebuild, repair }));
      return result.clean ? Exit.done : Exit.verification;
    } finally {
      progress.stop();
      if (backup !== undefined) closeSync(backup);
    }
  },
});

function openBackup(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (cause) {
    throw new SherinError('LOCAL_FILE', { path, part: systemCode(cause) ?? 'EIO' }, { cause });
  }
}
