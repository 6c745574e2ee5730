/** A tap on the bus: Unix sockets in front of a swtpm's that pass everything on and keep a copy. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Swtpm } from './swtpm.fixture.js';

export class Recorder {
  readonly #chunks: Buffer[] = [];
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  static async before(swtpm: Swtpm): Promise<Recorder> {
    const recorder = new Recorder(join(swtpm.directory, 'tap'));
    await recorder.#tap(recorder.#path, swtpm.path);
    await recorder.#tap(`${recorder.#path}.ctrl`, `${swtpm.path}.ctrl`);
    return recorder;
  }

  get tcti(): string {
    return `swtpm:path=${this.#path}`;
  }

  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** True when any 8 bytes in a row of `secret` went over the bus. */
  saw(secret: Buffer): boolean {
    const all = Buffer.concat(this.#chunks);
    for (let at = 0; at + 8 <= secret.length; at++)
      if (all.includes(secret.subarray(at, at + 8))) return true;
    return false;
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #tap(path: string, target: string): Promise<void> {
    const server = createServer((client) => {
      const tpm = connect(target);
      for (const [from, to] of [
        [client, tpm],
        [tpm, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (chunk: Buffer) => {
          this.#chunks.push(chunk);
          to.write(chunk);
        });
        from.on('close', () => to.end());
        from.on('error', () => to.destroy());
      }
    });
    this.#servers.push(server);
    server.listen(path);
    await once(server, 'listening');
  }
}
