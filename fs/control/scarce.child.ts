/** A control server in a process of its own, which has what the test leaves it; begins at the first line of its input. */
import { makeLogger } from '../../common/log.js';
import { type ControlHandlers, ControlServer } from './server.js';

const [, , path = '', adopted = ''] = process.argv;
const handlers = { watch: async () => ({ state: 'locked' }) } as unknown as ControlHandlers;
const log = makeLogger('test', { SHERIN_LOG: 'silent' });
process.stdout.write('there\n');
process.stdin.once('data', () => {
  new ControlServer(path, handlers, log, () => undefined, adopted === '' ? null : Number(adopted));
  process.stdout.write('serves\n');
});
