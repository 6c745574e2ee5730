import { command } from '../definition.js';

export const upgrade = command({
  name: 'upgrade',
  summary: 'Replace the running sherin-fs by the one that is installed now, under open files',
  details: [
    'Programs keep what they have open at the mount, their locks included; what they ask meanwhile waits. The vault stays unlocked: the keys go to the new process over a private socket, in sealed memory.',
    'With the driver native and an unlocked vault. Where something stands against it, the one that runs goes on, and a sentence says what it was.',
    'sherind finds the new one by itself; its bots begin their tasks anew.',
  ],
  examples: [{ text: 'After a newer version was installed', line: 'sherinctl upgrade' }],
  run: async (session) => {
    const { pid, version } = await session.connect().call('upgrade', {});
    session.output.result({ pid, version }, () =>
      session.output.line(`replaced: sherin-fs ${version} serves, process ${pid}`),
    );
  },
});
