import { SherinError } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import { command, flag, group } from '../definition.js';
import { formatBytes, formatCount, formatTime } from '../output/units.js';

const ids = { form: '<ids...>', text: 'cube IDs, or the word all', completes: ['all'] } as const;

function named(words: readonly string[]): 'all' | string[] {
  if (words.length === 1 && words[0] === 'all') return 'all';
  if (words.includes('all'))
    throw new SherinError('USAGE', { what: "give cube IDs or the word 'all', not both" });
  return [...words];
}

const list = command({
  name: 'list',
  summary: 'List the cubes in quarantine',
  examples: [{ text: 'All of them', line: 'sherinctl quarantine list' }],
  run: async (session) => {
    const { cubes } = await session.connect().call('quarantine.list', {});
    const { output } = session;
    output.result({ cubes }, () => {
      if (cubes.length === 0) output.line('nothing is in quarantine');
      for (const { id, reason, time, size, paths } of cubes) {
        output.line(`${id}  ${reason}  ${size === null ? 'gone' : formatBytes(size)}  ${formatTime(time)}`);
        for (const path of paths) output.line(`  ${output.name(path)}`);
      }
    });
  },
});

const restore = command({
  name: 'restore',
  summary: 'Put cubes back that verify now',
  details: ['The exit code is 3 when one of them still fails.'],
  args: [ids],
  examples: [{ text: 'After a repaired disk', line: 'sherinctl quarantine restore all' }],
  run: async (session, words) => {
    const result = await session.connect().call('quarantine.restore', { ids: named(words) });
    const { output } = session;
    output.result(result, () => {
      for (const { id, fault } of result.refused) output.line(`${id} stays: ${fault}`);
      output.line(
        `${formatCount(result.restored.length, 'cube')} restored, ${result.refused.length} refused`,
      );
    });
    return result.refused.length === 0 ? Exit.done : Exit.verification;
  },
});

const purge = command({
  name: 'purge',
  summary: 'Delete quarantined bytes; their places in files stay refused',
  details: ['There is no way back but a backup, or to put the file again.'],
  args: [ids],
  options: { shred: flag('--shred', 'overwrite them first') },
  examples: [{ text: 'All of them', line: 'sherinctl quarantine purge all' }],
  run: async (session, words, { shred }) => {
    const result = await session.connect().call('quarantine.purge', { ids: named(words), shred });
    session.output.result(result, () =>
      session.output.line(`${formatCount(result.purged.length, 'cube')} purged`),
    );
  },
});

export const quarantine = group(
  {
    name: 'quarantine',
    summary: 'Look at, restore or delete cubes that failed verification',
    examples: [{ text: 'What is in it', line: 'sherinctl quarantine list' }],
  },
  [list, restore, purge],
);
