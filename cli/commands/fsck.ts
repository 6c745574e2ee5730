import { closeSync, constants, openSync } from 'node:fs';
import { z } from 'zod';
import { SherinError } from '../../common/errors.js';
import { Exit, type ExitCode } from '../../common/exit.js';
import { localError } from '../../common/local-error.js';
import { placeFlags } from '../../daemon/client/sherin-fs-program.js';
import { startSherinFs } from '../../daemon/client/start-sherin-fs.js';
import type { RebuiltInfo } from '../../daemon/protocol/fsck.js';
import { command, descriptor, flag, text } from '../definition.js';
import { reportFsck, reportRebuilt } from '../output/fsck-report.js';
import { asCalled } from '../output/invocation.js';
import { Progress } from '../output/progress.js';
import { formatBytes } from '../output/units.js';
import { confirm } from '../service/confirm.js';
import { runKeyless } from '../service/keyless.js';
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
    '--set-aside is for a vault that stays shut because a file of its journal, or of the copy of its log, says that it is of a later format version, and no newer Sherin was ever used on the vault: with sherin-fs stopped (sherinctl down) it lists such files, asks, and moves them to quarantine. What a newer Sherin had written there and not sealed would be missing.',
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
    setAside: flag('--set-aside', 'move away what says a later format version, by your word'),
    yes: flag('--yes', 'with --set-aside: do not ask; wanted where there is no terminal'),
  },
  examples: [
    { text: 'Look, and change nothing', line: 'sherinctl fsck' },
    { text: 'After a bad disk', line: 'sherinctl fsck --repair --from /media/backup/vault' },
    {
      text: 'Without manifest.db',
      line: 'sherinctl fsck --rebuild --accept-rollback --recovery-fd 3 3< recovery.txt',
    },
    { text: 'After somebody has put files there', line: 'sherinctl fsck --set-aside' },
    { text: 'After a crash', line: 'sherinctl fsck --rebuild --remove-orphans' },
  ],
  run: async (session, _args, options) => {
    const { rebuild, recoveryFd, acceptRollback, repair, from, removeOrphans, setAside, yes } = options;
    if (setAside && (rebuild || acceptRollback || repair || removeOrphans))
      throw new SherinError('USAGE', { what: '--set-aside goes alone, before the vault is opened' });
    if (setAside) return setNewerAside(session, yes);
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

const newerList = z.strictObject({
  segments: z.array(z.strictObject({ path: z.string(), version: z.number(), bytes: z.number() })),
});
const newerKept = z.strictObject({ kept: z.array(z.string()) });

/** What keeps a vault shut with FORMAT_NEWER, where the operator says that no later program has made it. */
async function setNewerAside(session: Session, yes: boolean): Promise<ExitCode> {
  const { output } = session;
  const args = ['set-aside', ...placeFlags(session.places)];
  const quiet = (): void => undefined;
  const { segments } = await runKeyless(args, newerList, quiet);
  if (segments.length === 0) {
    output.result({ kept: [] }, () => output.line('nothing says a later format version'));
    return Exit.done;
  }
  if (!output.json)
    for (const { path, version, bytes } of segments)
      output.line(`${path}, ${formatBytes(bytes)}: of format version ${version}, as it says`);
  if (!yes)
    await confirm(
      'Has no newer Sherin ever been used on this vault? What it had written there would be missing. Move these files to quarantine?',
    );
  const files = segments.map(({ path }) => path);
  const { kept } = await runKeyless([...args, '--file', ...files], newerKept, quiet);
  output.result({ kept }, () => {
    for (const path of kept) output.line(`kept: ${path}`);
    output.line(asCalled('next: sherinctl up'));
  });
  return Exit.done;
}

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
    throw localError(path, cause);
  }
}
