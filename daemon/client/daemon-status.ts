import { connect } from 'node:net';
import { daemonResponseSchema, lineLimit } from '../protocol/lines.js';
import { type DaemonStatus, daemonStatusSchema } from '../protocol/methods/system.js';

/** Milliseconds for an answer: whoever asks has more to say than this. */
const patience = 2_000;

/** `system.status` of the sherind at this socket, or null where none answers. */
export async function daemonStatus(path: string): Promise<DaemonStatus | null> {
  const line = await exchange(path, { jsonrpc: '2.0', id: 1, method: 'system.status' });
  if (line === null) return null;
  try {
    const response = daemonResponseSchema.parse(JSON.parse(line));
    return 'result' in response ? daemonStatusSchema.parse(response.result) : null;
  } catch {
    // A sherind of another version: it is not this one's to tell about.
    return null;
  }
}

/** Sends a line; resolves to the first line that comes back, or null. */
function exchange(path: string, request: object): Promise<string | null> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(path, () => socket.write(`${JSON.stringify(request)}\n`));
    const settle = (line: string | null): void => {
      socket.destroy();
      resolve(line);
    };
    socket.setEncoding('utf8').setTimeout(patience);
    socket.on('data', (text: string) => {
      answer += text;
      const end = answer.indexOf('\n');
      if (end >= 0) settle(answer.slice(0, end));
      else if (answer.length > lineLimit) settle(null);
    });
    socket.on('timeout', () => settle(null));
    socket.on('error', () => settle(null));
    socket.on('close', () => settle(null));
  });
}
