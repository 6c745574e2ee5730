import { SherinError } from '../../common/errors.js';
import { command } from '../definition.js';
import { withDaemon } from '../service/daemon.js';

export const estop = command({
  name: 'estop',
  summary: 'Set or clear the emergency stop: no new task, nothing is modified, bots are stopped',
  details: [
    'For administrators. It holds through restarts, and while the vault is locked. Files at the mount can be read and written meanwhile.',
  ],
  args: [{ form: '<on|off>', text: 'on sets it, off clears it', completes: ['on', 'off'] }],
  examples: [
    { text: 'Stop', line: 'sherinctl estop on' },
    { text: 'Go on', line: 'sherinctl estop off' },
  ],
  run: async (session, [word = '']) => {
    if (word !== 'on' && word !== 'off') throw new SherinError('USAGE', { what: "give 'on' or 'off'" });
    const answer = await withDaemon(session, (client) => client.call('policy.estop', { on: word === 'on' }));
    session.output.result(answer, () => session.output.line(`emergency stop: ${answer.stop}`));
  },
});
