import { command } from '../definition.js';
import { formatCount } from '../output/units.js';

export const sync = command({
  name: 'sync',
  summary: 'Wait until everything that programs have written is on disk',
  details: [
    'As fsync(2) of every file: sync(2) and the program of that name do not reach a FUSE file system. Programs that ask for durability themselves need no such command.',
  ],
  examples: [{ text: 'Before the power is cut', line: 'sherinctl sync' }],
  run: async (session) => {
    await session.connect().call('sync', {});
    session.output.result({ synced: true }, () => session.output.line('synced'));
  },
});

export const snapshot = command({
  name: 'snapshot',
  summary: 'Make a version of every file as it is now, those that programs hold open included',
  details: [
    'A version is made by itself when the last program that writes to a file closes it, and once a minute of one that is held open.',
  ],
  examples: [{ text: 'Before a risky change of a database', line: 'sherinctl snapshot' }],
  run: async (session) => {
    const { versions } = await session.connect().call('snapshot', {});
    session.output.result({ versions }, () => session.output.line(formatCount(versions, 'new version')));
  },
});
