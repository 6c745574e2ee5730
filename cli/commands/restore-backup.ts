import { resolve } from 'node:path';
import { z } from 'zod';
import { Exit } from '../../common/exit.js';
import { shellWord } from '../../common/shell-word.js';
import { placeFlags } from '../../daemon/client/sherin-fs-program.js';
import { command } from '../definition.js';
import { copied, listFailures } from '../output/copy-report.js';
import { asCalled } from '../output/invocation.js';
import { Progress } from '../output/progress.js';
import { formatBytes, formatCount } from '../output/units.js';
import { runKeyless } from '../service/keyless.js';

const resultSchema = z.strictObject({
  ...copied,
  uuid: z.string(),
  remembered: z.boolean(),
  /** Where this machine knows the vault. */
  knownAt: z.string().nullable(),
  hasManifest: z.boolean(),
  hasTpmSlot: z.boolean(),
  auditRecords: z.int(),
});

export const restoreBackup = command({
  name: 'restore-backup',
  summary: 'Make a vault directory from a backup, each cube checked without a key',
  details: [
    'The directory must be empty or new; one that was cut off is finished by the same command. Opening it is another step: it wants the recovery key where the TPM is another one, and --accept-rollback, since the copy is older than what was seen or counted last.',
  ],
  args: [
    { form: '<backup>', text: 'directory of the backup', completes: 'directory' },
    { form: '<dir>', text: 'the new vault directory', completes: 'directory' },
  ],
  examples: [{ text: 'After a lost disk', line: 'sherinctl restore-backup /media/backup/vault /srv/vault' }],
  run: async (session, [from = '', to = '']) => {
    const vault = resolve(to);
    const progress = new Progress('restore', 'cubes', session.output.json);
    try {
      const result = await runKeyless(
        ['restore-backup', ...placeFlags(session.places), '--from', resolve(from), '--to', vault],
        resultSchema,
        (done, total) => progress.update(done, total),
      );
      progress.stop();
      const { output } = session;
      const { failed, knownAt, hasManifest, hasTpmSlot, remembered } = result;
      const restored = `sherinctl --vault ${output.name(shellWord(vault))}`;
      output.result({ ...result, vault }, () => {
        listFailures(result, output);
        output.line(
          `restored ${formatCount(result.total - failed, 'cube')}, ${formatBytes(result.bytes)} into ${output.name(vault)}: ${formatCount(failed, 'failure')}; the audit log verifies, ${formatCount(result.auditRecords, 'record')}`,
        );
        if (!remembered)
          output.line(
            'this machine does not remember the vault: signatures were checked with the key that the backup names; unlocking proves that key',
          );
        if (knownAt !== null && knownAt !== vault)
          output.line(
            `this machine knows the vault at ${output.name(knownAt)}: two copies are not to be used side by side; before you open this one remove the line ${result.uuid} from ${output.name(session.places.knownVaults)}`,
          );
        output.line(
          asCalled(
            `next, with the recovery key: ${restored} ${hasManifest ? 'up' : 'fsck --rebuild'} --accept-rollback`,
          ),
        );
        if (!remembered && hasManifest && hasTpmSlot)
          output.line(
            asCalled(
              `where it has come to this machine and its TPM for good, in place of that: ${restored} key move`,
            ),
          );
      });
      return failed === 0 ? Exit.done : Exit.verification;
    } finally {
      progress.stop();
    }
  },
});
