import { SherinError } from '../../common/errors.js';
import { command, flag } from '../definition.js';
import { withDaemon } from '../service/daemon.js';

export const estop = command({
  name: 'estop',
  summary: 'Set or clear the emergency stop: no new task, nothing is modified, bots are stopped',
  details: [
    'For administrators. It holds through restarts, and while the vault is locked. gc, destroy and changes of keys are refused meanwhile, whoever orders them; files at the mount can be read and written.',
    'With --freeze everything that programs have written is committed, and then nothing is changed in the vault: at the mount every change answers EROFS, by files that are open, too; put, restore, gc and destroy are refused. Only off ends it.',
  ],
  args: [{ form: '<on|off>', text: 'on sets it, off clears it', completes: ['on', 'off'] }],
  options: { freeze: flag('--freeze', 'with on: commit everything, and make the mount read-only') },
  examples: [
    { text: 'Keep everything as it is', line: 'sherinctl estop on --freeze' },
    { text: 'Stop', line: 'sherinctl estop on' },
    { text: 'Go on', line: 'sherinctl estop off' },
  ],
  run: async (session, [word = ''], { freeze }) => {
    if (word !== 'on' && word !== 'off') throw new SherinError('USAGE', { what: "give 'on' or 'off'" });
    if (freeze && word === 'off') throw new SherinError('USAGE', { what: "--freeze goes with 'on'" });
    const wanted = { on: word === 'on', freeze };
    const answer = await withDaemon(session, (client) => client.call('policy.estop', wanted));
    session.output.result(answer, () => session.output.line(`emergency stop: ${answer.stop}`));
  },
});
