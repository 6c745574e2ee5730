import { resolve } from 'node:path';
import { z } from 'zod';
import { SherinError } from '../../common/errors.js';
import { placeFlags } from '../../daemon/client/sherin-fs-program.js';
import { command, number, text } from '../definition.js';
import { Progress } from '../output/progress.js';
import { formatBytes, formatCount } from '../output/units.js';
import { runKeyless } from '../service/keyless.js';

export const archive = command({
  name: 'archive',
  summary: 'Move old segments of the audit log to another place: the way out where the log fills the disk',
  details: [
    'Copies the oldest whole segments to a folder on another disk, checks the copy there with the public key alone, then removes them from the vault, which keeps what is needed to go on and to prove that nothing else is missing. All of the log goes, up to now, unless --keep or --before says that less does. Works while the log finds no space on a full disk.',
    'audit verify then says what is archived; with --archive it checks both places. A crash, or a copy that fails, leaves everything in the vault: repeat the command.',
  ],
  args: [
    { form: '<dir>', text: 'a folder on another disk, made where there is none', completes: 'directory' },
  ],
  options: {
    keep: number('--keep <n>', 'leave the newest n segments, each of some 16 MiB', {
      least: 1,
      most: 1_000_000,
    }),
    before: text('--before <date>', 'leave what is of that time or later, such as 2026-01-31', 'nothing'),
  },
  examples: [
    { text: 'To another disk', line: 'sherinctl audit archive /media/archive/audit' },
    { text: 'What is older', line: 'sherinctl audit archive /media/archive/audit --before 2026-01-01' },
  ],
  run: async (session, [dir = ''], { keep, before }) => {
    const { output } = session;
    const to = resolve(dir);
    const client = session.connect();
    const wish = {
      ...(keep === undefined ? {} : { keep }),
      ...(before === undefined ? {} : { before: nanoseconds(before) }),
    };
    const { segments } = await client.call('audit.archivable', wish);
    if (segments === null) {
      output.result({ segments: 0, freed: 0 }, () => output.line('nothing to archive'));
      return;
    }
    const { from, to: last } = segments;
    if (from <= last) {
      const { vault } = await client.call('status', {});
      const places = placeFlags({ ...session.places, vault: vault.path });
      const progress = new Progress('archive', 'segments', output.json);
      const range = ['--first', String(from), '--last', String(last)];
      try {
        const copied = z.strictObject({ bytes: z.number() });
        await runKeyless(['audit-copy', ...places, '--to', to, ...range], copied, (done, total) =>
          progress.update(done, total),
        );
      } finally {
        progress.stop();
      }
    }
    const { freed } = await client.call('audit.archived', { ...segments, place: to });
    output.result({ ...segments, segments: last - from + 1, freed }, () =>
      output.line(
        `archived ${formatCount(last - from + 1, 'segment')} up to record ${segments.size - 1} in ${output.name(to)}, ${formatBytes(freed)} freed`,
      ),
    );
  },
});

function nanoseconds(date: string): string {
  const time = Date.parse(date);
  if (!/^\d{4}-\d\d-\d\d/.test(date) || Number.isNaN(time) || time < 0)
    throw new SherinError('USAGE', { what: `--before takes a date such as 2026-01-31, not '${date}'` });
  return String(BigInt(time) * 1_000_000n);
}
