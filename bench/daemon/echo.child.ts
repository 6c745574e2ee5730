/** What a Unix socket in Node costs by itself: gives back whatever comes. Ends with its standard input. */
import { createServer } from 'node:net';

createServer((socket) => socket.on('data', (bytes) => socket.write(bytes))).listen(process.argv[2], () => {
  process.stdout.write('ready\n');
});
process.stdin.on('end', () => process.exit()).resume();
