import { existsSync } from 'node:fs';
import { daemonSocket } from '../../common/environment.js';
import { stopSherinFs } from '../../daemon/client/stop-sherin-fs.js';
import { command } from '../definition.js';
import type { Session } from '../session.js';
import { managerOf, systemctl } from '../units/manager.js';

export const down = command({
  name: 'down',
  summary: 'Stop bots and sherind; commit, unmount, lock and stop sherin-fs',
  details: [
    'Where what programs have written can not be sealed it stops all the same; exit code 1, and a sentence that says what is kept in the journal.',
  ],
  examples: [{ text: 'Stop', line: 'sherinctl down' }],
  run: async (session) => {
    const manager = managerOf(session.places);
    if (manager !== null) {
      systemctl(manager, 'stop', 'sherind.socket', 'sherind.service');
      if (session.connectIfRunning() === null) {
        session.output.result({ lazy: false }, () => session.output.line('stopped'));
        return;
      }
    }
    await withoutDaemon(session);
    const { lazy } = await stopSherinFs(session.connect());
    session.output.result({ lazy }, () => {
      session.output.line(lazy ? 'stopped; files were open, the mount was detached from them' : 'stopped');
    });
  },
});

/** Where sherind may not be stopped, sherin-fs says whether it may be. */
async function withoutDaemon({ places }: Session): Promise<void> {
  if (!existsSync(daemonSocket(places))) return;
  // Loaded when it is wanted: every method of sherind's socket comes with it.
  const { DaemonError } = await import('../../daemon/client/daemon-client.js');
  const { stopSherind } = await import('../../daemon/client/start-sherind.js');
  try {
    await stopSherind(places);
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
  }
}
