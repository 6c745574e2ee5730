import { stopSherinFs } from '../../daemon/client/stop-sherin-fs.js';
import { command } from '../definition.js';

export const down = command({
  name: 'down',
  summary: 'Commit, unmount, lock and stop sherin-fs',
  details: [
    'Where what programs have written can not be sealed it stops all the same; exit code 1, and a sentence that says what is kept in the journal.',
  ],
  examples: [{ text: 'Stop', line: 'sherinctl down' }],
  run: async (session) => {
    const { lazy } = await stopSherinFs(session.connect());
    session.output.result({ lazy }, () => {
      session.output.line(lazy ? 'stopped; files were open, the mount was detached from them' : 'stopped');
    });
  },
});
