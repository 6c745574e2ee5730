/** Handlers over no sherin-fs, and a client that says what it likes. */
import { connect, type Socket } from 'node:net';
import { SherinError } from '../../common/errors.js';
import { makeLogger } from '../../common/log.js';
import { RequestMetrics } from '../request-metrics.js';
import type { Caller, Outlet } from './caller.js';
import { answerWith, type DaemonHandlers } from './dispatch.js';
import { TokenBuckets } from './token-buckets.js';

export const silent = makeLogger('test', { SHERIN_LOG: 'silent' });

/** This process, and somebody without rights. */
export const root: Caller = caller(0, true);
export const nobody: Caller = caller(65534, false);

/** Whose connection is closed. */
function caller(uid: number, admin: boolean): Caller {
  const outlet: Outlet = { closed: true, send: () => true, hold: () => () => undefined };
  return { peer: { uid, gid: uid, groups: [], pid: null }, admin, outlet };
}

const notRunning = async (): Promise<never> => {
  throw new SherinError('NOT_RUNNING', { path: '/run/sherin/sherin-fs.sock' });
};

export const restingHandlers: DaemonHandlers = {
  'system.hello': async () => ({ sherind: '0.1.0', protocol: 1, fs: null }),
  'system.status': async () => ({
    state: 'stopped',
    pid: 1,
    uptimeSeconds: 0,
    vault: null,
    tpm: null,
    mount: null,
    fs: null,
    restarts: 0,
    retryInSeconds: null,
    lastError: null,
  }),
  'system.health': async () => ({ ok: false, reasons: ['fs-stopped'] }),
  'system.metrics': async () => ({ methods: [], domains: [], next: null }),
  'system.stop': async () => ({}),
  'vault.lock': notRunning,
  'vault.unlock': notRunning,
  'vault.scrub': notRunning,
  'object.stat': notRunning,
  'object.list': notRunning,
  'object.lineage': notRunning,
  'file.resolve': notRunning,
  'task.submit': notRunning,
  'task.submitMulti': notRunning,
  'task.get': notRunning,
  'task.list': notRunning,
  'task.cancel': notRunning,
  'task.watch': notRunning,
  'task.feedback': notRunning,
  'task.merge': notRunning,
  'task.clean': notRunning,
  'bot.list': notRunning,
  'bot.get': notRunning,
  'bot.register': notRunning,
  'bot.start': notRunning,
  'bot.stop': notRunning,
  'bot.remove': notRunning,
  'audit.tail': notRunning,
  'audit.head': notRunning,
  'audit.prove': notRunning,
  'event.subscribe': async () => ({}),
  'policy.get': notRunning,
  'policy.set': notRunning,
  'policy.queue': notRunning,
  'policy.approve': notRunning,
  'policy.reject': notRunning,
  'policy.estop': notRunning,
  'policy.test': notRunning,
  'emotion.get': notRunning,
};

/** Answers lines of one caller. */
export function answering(
  handlers: DaemonHandlers = restingHandlers,
  caller = root,
  buckets = new TokenBuckets(),
) {
  const answer = answerWith({
    handlers,
    callerOf: () => caller,
    buckets,
    metrics: new RequestMetrics(),
    log: silent,
    recordDenied: async () => undefined,
  });
  return (line: Parameters<typeof answer>[0]) => answer(line, { ...caller.outlet, peer: caller.peer });
}

export function requestLine(method: string, params?: unknown, id: unknown = 1): string {
  return `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
}

export class RawClient {
  readonly socket: Socket;
  #text = '';
  #ended = false;
  #changed: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      this.#changed();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ended = true;
      this.#changed();
    });
  }

  static connect(path: string): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path);
      const client = new RawClient(socket);
      socket.once('connect', () => resolve(client)).once('error', reject);
    });
  }

  send(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  /** The next response line, or null at the end of the connection. */
  async line(): Promise<unknown> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return JSON.parse(line) as unknown;
      }
      if (this.#ended) return null;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  async ask(line: string): Promise<unknown> {
    this.send(line);
    return this.line();
  }
}
