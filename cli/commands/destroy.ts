import { command, flag } from '../definition.js';
import { Progress } from '../output/progress.js';
import { formatBytes, formatCount } from '../output/units.js';
import { confirm } from '../service/confirm.js';
import { vaultPath } from '../vault-path.js';

export const destroy = command({
  name: 'destroy',
  summary: 'Remove files with all their versions, and overwrite what they held',
  details: [
    'Files, and directories with all below them; files that were removed earlier can be named, too. Everything that the path has shown is given up, and the cubes that only it had are overwritten and removed. Content that another path has or had stays, and the command says which: destroy that, too. A program that has one of the files open can neither read nor write it any more. Only the owner of the files or an administrator may, and the audit log records it.',
    'There is no way back. What stays: names, times, sizes and hashes in the log; backups and copies of the vault; what programs have read; and what the disk keeps by itself, as flash storage, snapshots and file systems that copy on write do.',
  ],
  args: [{ form: '<path...>', text: 'files or directories in the vault', completes: 'vault-path' }],
  options: { yes: flag('--yes', 'do not ask; wanted where there is no terminal') },
  examples: [
    { text: 'A letter that nobody is to read again', line: 'sherinctl destroy files/letters/a.txt' },
    { text: 'A directory, without a question', line: 'sherinctl destroy --yes files/scratch' },
  ],
  run: async (session, words, { yes }) => {
    const paths = words.map((word) => vaultPath(word, session.places));
    const client = session.connect();
    const { output } = session;
    if (!yes) {
      const named = paths.map((path) => output.name(path)).join(', ');
      await confirm(`Destroy ${named} with all versions, for good?`);
    }
    const progress = new Progress('destroy', 'records', output.json);
    try {
      const result = await client.call(
        'destroy',
        { paths },
        { progress: (done, total) => progress.update(done, total) },
      );
      progress.stop();
      output.result({ paths, ...result }, () => {
        const { files, versions, cubes, bytes, shared, sharedWith, sharedMore, inUse, linked } = result;
        const gone = `${formatCount(cubes, 'cube')}, ${formatBytes(bytes)}`;
        output.line(
          `destroyed ${formatCount(files, 'file')} and ${formatCount(versions, 'version')}: ${gone} overwritten`,
        );
        if (linked > 0)
          output.note(`${formatCount(linked, 'cube file')} with another name removed, but not overwritten`);
        if (shared > 0 || sharedWith.length > 0)
          output.note(
            `${formatCount(shared, 'cube stays', 'cubes stay')}, as others have or had the same content:`,
          );
        for (const path of sharedWith) output.note(`  ${output.name(path)}`);
        if (sharedMore > 0) output.note(`  and ${sharedMore.toLocaleString('en-US')} more`);
        if (inUse > 0)
          output.note(
            `${formatCount(inUse, 'cube stays', 'cubes stay')} until programs close files without a name that have the same content: then gc removes them`,
          );
      });
    } finally {
      progress.stop();
    }
  },
});
