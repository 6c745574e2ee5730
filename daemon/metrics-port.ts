import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { SherinError, systemCode } from '../common/errors.js';
import { expositionType } from '../common/exposition.js';
import type { Logger } from '../common/log.js';

/** Of this machine only, by whichever way it is called. */
const addresses = ['127.0.0.1', '::1'] as const;
/** As a browser writes it that was led here under another name: it is refused. */
const ownNames = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;

const connections = 16;
const headerBytes = 4096;
const timeoutMs = 10_000;

/** `GET /metrics` at a port of the loopback addresses, and nothing else. Any user of this machine can ask. */
export class MetricsPort {
  readonly #servers: Server[] = [];
  readonly #text: () => Promise<string>;

  readonly #log: Logger;

  private constructor(text: () => Promise<string>, log: Logger) {
    this.#text = text;
    this.#log = log;
  }

  /** @throws SherinError IO when another one listens there */
  static async listen(port: number, text: () => Promise<string>, log: Logger): Promise<MetricsPort> {
    const made = new MetricsPort(text, log);
    try {
      for (const address of addresses) await made.#listen(address, port);
    } catch (error) {
      await made.close();
      const part = `${systemCode(error) ?? 'no answer'}, port ${port}`;
      throw new SherinError('IO', { what: 'listening for who reads metrics', part }, { cause: error });
    }
    return made;
  }

  async close(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  async #listen(address: string, port: number): Promise<void> {
    const times = { headersTimeout: timeoutMs, requestTimeout: timeoutMs, keepAliveTimeout: timeoutMs };
    const server = createServer({ maxHeaderSize: headerBytes, ...times }, (request, response) => {
      void this.#answer(request, response);
    });
    server.maxConnections = connections;
    server.maxRequestsPerSocket = 1_000;
    server.setTimeout(timeoutMs, (socket) => socket.destroy());
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, host: address, exclusive: true }, () => {
          server.off('error', reject);
          resolve();
        });
      });
      // A connection that could not be accepted: no descriptor was left for it, for example. The next one may come.
      server.on('error', (error) => this.#log.warn({ err: error }, 'a connection for metrics failed'));
    } catch (error) {
      // A machine without IPv6.
      const code = systemCode(error) ?? '';
      if (address === '::1' && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code)) return;
      throw error;
    }
    this.#servers.push(server);
  }

  async #answer({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (status: number, more = {}) => response.writeHead(status, more).end();
    if (!ownNames.test(headers.host ?? '')) return void refuse(403);
    if (url !== '/metrics') return void refuse(404);
    if (method !== 'GET') return void refuse(405, { allow: 'GET' });
    try {
      const text = await this.#text();
      response.writeHead(200, { 'content-type': expositionType }).end(text);
    } catch {
      refuse(500);
    }
  }
}
