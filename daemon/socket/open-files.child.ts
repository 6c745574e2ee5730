/** Answers each line at a socket, in a process of its own. */
import { silent } from './daemon.fixture.js';
import { busyLine } from './dispatch.js';
import { LineServer } from './line-server.js';

const [, , path = ''] = process.argv;
await LineServer.listen({ path, answer: async () => Buffer.from('"served"\n'), busy: busyLine, log: silent });
process.stdout.write('serves\n');
