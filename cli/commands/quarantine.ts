import { cubeFaultText } from '../../common/cube-faults.js';
import { SherinError } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import { type ControlResult, mostCubeIds } from '../../daemon/protocol/control.js';
import { command, flag, group } from '../definition.js';
import { formatBytes, formatCount, formatTime } from '../output/units.js';
import { confirm } from '../service/confirm.js';

const ids = { form: '<ids...>', text: 'cube IDs, or the word all', completes: ['all'] } as const;

type Cube = ControlResult<'quarantine.list'>['cubes'][number];

/** All cubes in quarantine, by ID. */
async function everyCube(client: ControlClient): Promise<Cube[]> {
  const all: Cube[] = [];
  for (;;) {
    const after = all.at(-1)?.id;
    const { cubes, more } = await client.call('quarantine.list', after === undefined ? {} : { after });
    all.push(...cubes);
    if (!more) return all;
  }
}

/** The IDs that are meant, as many together as one request takes. */
async function named(client: ControlClient, words: readonly string[]): Promise<string[]> {
  if (words.length === 1 && words[0] === 'all') return (await everyCube(client)).map(({ id }) => id);
  if (words.includes('all'))
    throw new SherinError('USAGE', { what: "give cube IDs or the word 'all', not both" });
  return [...words];
}

function* requestsOf(ids: readonly string[]): Generator<string[]> {
  for (let at = 0; at < ids.length; at += mostCubeIds) yield ids.slice(at, at + mostCubeIds);
}

const list = command({
  name: 'list',
  summary: 'List the cubes in quarantine',
  examples: [{ text: 'All of them', line: 'sherinctl quarantine list' }],
  run: async (session) => {
    const cubes = await everyCube(session.connect());
    cubes.sort((a, b) => Number(BigInt(a.time) - BigInt(b.time)));
    const { output } = session;
    output.result({ cubes }, () => {
      if (cubes.length === 0) output.line('nothing is in quarantine');
      for (const { id, reason, time, size, paths } of cubes) {
        const left = size === null ? 'gone' : formatBytes(size);
        output.line(`${id}  ${left}  ${formatTime(time)}  ${cubeFaultText(reason)}`);
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
    const client = session.connect();
    const result: ControlResult<'quarantine.restore'> = { restored: [], refused: [] };
    for (const ids of requestsOf(await named(client, words))) {
      const { restored, refused } = await client.call('quarantine.restore', { ids });
      result.restored.push(...restored);
      result.refused.push(...refused);
    }
    const { output } = session;
    output.result(result, () => {
      for (const { id, fault } of result.refused) output.line(`${id} stays: ${cubeFaultText(fault)}`);
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
  options: {
    yes: flag('--yes', 'do not ask; wanted where there is no terminal'),
    shred: flag('--shred', 'overwrite them first'),
  },
  examples: [{ text: 'All of them', line: 'sherinctl quarantine purge all' }],
  run: async (session, words, { yes, shred }) => {
    const client = session.connect();
    const meant = await named(client, words);
    if (!yes) await confirm(`Delete ${formatCount(meant.length, 'quarantined cube')} for good?`);
    const purged: string[] = [];
    let refused: unknown = null;
    for (const ids of requestsOf(meant)) {
      // One that is refused keeps no other from going.
      await client.call('quarantine.purge', { ids, shred }).then(
        (answer) => purged.push(...answer.purged),
        (error: unknown) => {
          refused ??= error;
        },
      );
    }
    if (refused !== null) throw refused;
    session.output.result({ purged }, () =>
      session.output.line(`${formatCount(purged.length, 'cube')} purged`),
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
