import { resolve } from 'node:path';
import { z } from 'zod';
import type { Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import { placeFlags } from '../../daemon/client/sherin-fs-program.js';
import { command, flag } from '../definition.js';
import { copied, listFailures } from '../output/copy-report.js';
import { asCalled } from '../output/invocation.js';
import { Progress } from '../output/progress.js';
import { formatBytes, formatCount } from '../output/units.js';
import { runKeyless } from '../service/keyless.js';

const resultSchema = z.strictObject({ ...copied, pruned: z.int() });

export const backup = command({
  name: 'backup',
  summary: 'Copy the vault to a directory: ciphertext only, without a key, what is new only',
  details: [
    'Works on an open vault, on a locked one, and where sherin-fs does not run. Each cube is checked before it gets its name, the manifest comes last: a backup that was cut off is the older one still, and the same command goes on with it.',
    'The TPM does not go with it: on another machine the recovery key opens the copy. The exit code is 3 where a cube of the vault could not be copied.',
  ],
  args: [
    { form: '<dir>', text: 'an empty or new directory, or that of an older backup', completes: 'directory' },
  ],
  options: {
    recheck: flag('--recheck', 'check what the backup has already, too, and replace what fails'),
    prune: flag('--prune', 'remove cubes that no version needs any more; wants an open vault'),
  },
  examples: [
    { text: 'To another disk', line: 'sherinctl backup /media/backup/vault' },
    { text: 'Once a month', line: 'sherinctl backup --recheck /media/backup/vault' },
  ],
  run: async (session, [dir = ''], { recheck, prune }) => {
    const to = resolve(dir);
    const client = session.connectIfRunning();
    if (client === null && prune)
      throw new SherinError('USAGE', {
        what: '--prune wants to know what versions need: start sherin-fs first',
      });
    const flags = [...(recheck ? ['--recheck'] : []), ...(prune ? ['--prune'] : [])];
    const progress = new Progress('backup', 'cubes', session.output.json);
    try {
      const places = client === null ? session.places : await begin(session.places, client, prune);
      const served = client === null ? [] : ['--served'];
      const result = await runKeyless(
        ['backup', ...placeFlags(places), '--to', to, ...served, ...flags],
        resultSchema,
        (done, total) => progress.update(done, total),
      );
      const { total: cubes, failed } = result;
      await client?.call('backup.end', { cubes, copied: result.copied, failed });
      progress.stop();
      const { output } = session;
      output.result(result, () => {
        listFailures(result, output);
        if (result.replaced > 0) output.line(`${formatCount(result.replaced, 'bad cube')} replaced`);
        const gone = prune ? `, ${formatCount(result.pruned, 'cube')} pruned` : '';
        const fresh = formatCount(result.copied, 'new cube');
        output.line(
          `backed up ${formatCount(cubes, 'cube')}: ${fresh}, ${formatBytes(result.bytes)}${gone}, ${formatCount(failed, 'failure')}`,
        );
        if (failed > 0) output.line(asCalled('next: sherinctl verify'));
      });
      return failed === 0 ? Exit.done : Exit.verification;
    } finally {
      progress.stop();
    }
  },
});

/** @returns where the vault that sherin-fs serves is, and where it is mounted */
async function begin(where: Places, client: ControlClient, needed: boolean): Promise<Places> {
  const { vault, mount } = await client.call('status', {});
  await client.call('backup.begin', { needed });
  return { ...where, vault: vault.path, mount: mount?.path ?? where.mount };
}
