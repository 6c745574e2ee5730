import { closeSync, constants, openSync } from 'node:fs';
import { SherinError, systemCode } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import { startSherinFs } from '../../daemon/client/start-sherin-fs.js';
import type { RebuiltInfo } from '../../daemon/protocol/fsck.js';
import { command, descriptor, flag, text } from '../definition.js';
import { reportFsck, reportRebuilt } from '../output/fsck-report.js';
import { Progress } from '../output/progress.js';
import { withSecret } from '../service/secret.js';
import type { Session } from '../session.js';

export const fsck = command({
  name: 'fsck',
  summary: 'Compare manifest and disk, both ways; mend what can be mended',
  details: [
    'Every record of the log is verified, the tables beside it are compared with it, and every cube that any version needs is looked for; content is checked by verify. The exit code is 3 where content is lacking or a table is not as the log says, 0 where all is well or was mended.',
    '--repair takes a lacking cube from a wrong folder, from quarantine, or from the backup that --from names, and only one that verifies.',
    'With --accept-rollback, --rebuild makes manifest.db anew where it is gone or does not verify. It goes back to what the copy of the log has, some seconds before the end; what was in the place of the manifest, and what no record names, is kept.',
    'Imports wait for --rebuild and --remove-orphans.',
  ],
  options: {
    rebuild: flag('--rebuild', 'bring the tables of the manifest in line with its log'),
    recoveryFd: descriptor('--recovery-fd <n>', 'read the recovery key from descriptor n'),
    acceptRollback: flag(
      '--accept-rollback',
      'with --rebuild and the recovery key: make a manifest that is gone or broken from the copy of its log, on purpose',
    ),
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
    {
      text: 'Without manifest.db',
      line: 'sherinctl fsck --rebuild --accept-rollback --recovery-fd 3 3< recovery.txt',
    },
    { text: 'After a crash', line: 'sherinctl fsck --rebuild --remove-orphans' },
  ],
  run: async (session, _args, { rebuild, recoveryFd, acceptRollback, repair, from, removeOrphans }) => {
    if (from !== undefined && !repair)
      throw new SherinError('USAGE', { what: '--from names the backup that --repair takes cubes from' });
    if ((acceptRollback || recoveryFd !== undefined) && !(rebuild && acceptRollback))
      throw new SherinError('USAGE', {
        what: 'a lost manifest is rebuilt with --rebuild, --accept-rollback and the recovery key, together',
      });
    const rebuilt = acceptRollback ? await rebuildManifest(session, recoveryFd) : null;
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
      session.output.result({ ...result, rebuilt }, () => {
        if (rebuilt !== null) reportRebuilt(rebuilt, session.output);
        reportFsck(result, session.output, { rebuild, repair });
      });
      return result.clean ? Exit.done : Exit.verification;
    } finally {
      progress.stop();
      if (backup !== undefined) closeSync(backup);
    }
  },
});

/** Starts sherin-fs where it does not run: without its manifest a vault can be neither opened nor mounted. */
async function rebuildManifest(
  session: Session,
  recoveryFd: number | undefined,
): Promise<RebuiltInfo | null> {
  if (session.connectIfRunning() === null) await startSherinFs(session.places, []);
  const client = session.connect();
  return withSecret(recoveryFd, 'Recovery key: ', '--recovery-fd N', async (fd) => {
    const { rebuilt } = await client.call('manifest.rebuild', {}, { fds: [fd] });
    return rebuilt;
  });
}

function openBackup(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (cause) {
    throw new SherinError('LOCAL_FILE', { path, part: systemCode(cause) ?? 'EIO' }, { cause });
  }
}
