/** What listens as a sherin-fs of another version would: its status is not that of this one. It ends when it is told to stop. */
import { type Connection, listen } from '../../native/ipc.js';

const [, , path = ''] = process.argv;
const results = new Map<string, object>([
  ['status', { version: '0.0.9' }],
  ['stop', { lazy: false }],
]);

listen(
  path,
  0o600,
  (connection: Connection) => ({
    message: (bytes) => {
      const { id, method } = JSON.parse(bytes.toString('utf8')) as { id: number; method: string };
      const answer = { jsonrpc: '2.0', id, result: results.get(method) ?? {} };
      void connection.send(Buffer.from(JSON.stringify(answer)), []).then(() => {
        if (method === 'stop') process.exit();
      });
    },
    close: () => undefined,
  }),
  Buffer.from('{}'),
);
process.stdout.write('serves\n');
